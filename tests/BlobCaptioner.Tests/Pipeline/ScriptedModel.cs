using System.Collections.Concurrent;
using BlobCaptioner.Captioning;
using BlobCaptioner.Images;
using BlobCaptioner.Profiles;

namespace BlobCaptioner.Tests.Pipeline;

/// <summary>A model that does as a test says, picture by picture; without a script it answers at once.</summary>
internal sealed class ScriptedModel : ICaptionModel
{
    private int _running;
    private int _mostRunning;

    public CaptionModelInfo Info { get; init; } = new("scripted", "model-hash-1", "script 1.0");

    public int Concurrency { get; init; } = 4;

    /// <summary>What happens before the answer.</summary>
    public Func<PreparedImage, CancellationToken, Task>? Script { get; set; }

    /// <summary>Tells a draft, and waits until the test has seen it.</summary>
    public Func<CaptionRequest, CancellationToken, Task>? Drafting { get; set; }

    /// <summary>Names in the order of the calls.</summary>
    public ConcurrentQueue<string> Calls { get; } = new();

    /// <summary>The names of the pictures of each call that had the fields of a product or a picture, in the order of the calls.</summary>
    public ConcurrentQueue<(IReadOnlyList<string> Images, Profile Profile, ProductFacts Facts)> Requests { get; } = new();

    public int MostRunning => _mostRunning;

    public async Task<Caption> DescribeAsync(CaptionRequest request, CancellationToken cancellationToken)
    {
        var (image, profile) = (request.Images[0], request.Profile);
        Calls.Enqueue(image.Name);
        Requests.Enqueue(([.. request.Images.Select(i => i.Name)], profile, request.Facts));
        lock (Calls)
        {
            _mostRunning = Math.Max(_mostRunning, ++_running);
        }

        try
        {
            Assert(image.Jpeg.Span is [0xFF, 0xD8, ..], "the model was given no JPEG");
            if (Script is not null)
            {
                await Script(image, cancellationToken);
            }

            await (Drafting?.Invoke(request, cancellationToken) ?? Task.CompletedTask);

            return new()
            {
                Fields = [.. profile.Fields.Select(f => Known(image).FirstOrDefault(k => k.Name == f.Name) ?? new(f.Name, $"{f.Name} of {image.Name}", null))],
                Flags = [],
                Usage = new() { PromptTokens = 10, ImageTokens = 64, OutputTokens = 30, SampledTokens = 8, Encode = TimeSpan.FromMilliseconds(5) },
            };
        }
        finally
        {
            lock (Calls)
            {
                _running--;
            }
        }
    }

    private static IEnumerable<CaptionField> Known(PreparedImage image) =>
        [new("category", "mug", 0.987654), new("color", "red", 1), new("pattern", "plain", 0.5), new("title", $"Krus \u2013 \u4E66 \"{image.Name}\"", null)];

    private static void Assert(bool condition, string message) => Xunit.Assert.True(condition, message);
}
