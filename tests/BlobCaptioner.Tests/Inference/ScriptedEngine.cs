using BlobCaptioner.Captioning;
using BlobCaptioner.Images;
using BlobCaptioner.Inference.Batching;
using BlobCaptioner.Inference.Plans;
using BlobCaptioner.Profiles;
using Xunit;

namespace BlobCaptioner.Tests.Inference;

/// <summary>A batcher over a scripted decoder, with pictures that are numbers.</summary>
internal sealed class ScriptedEngine : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    public ScriptedEngine(ScriptedDecoder decoder, BatcherOptions? options = null, params ProfileField[] fields)
    {
        Decoder = decoder;
        Batcher = new ContinuousBatcher(decoder, options ?? new BatcherOptions());
        Plan = DecodingPlan.Compile(ProfileOf(fields.Length > 0 ? fields : [Category, Title]), decoder);
    }

    public static ProfileField Category { get; } = new() { Name = "category", Kind = FieldKind.Choice, Values = ["mug", "lamp", "bag"] };

    public static ProfileField Title { get; } = new() { Name = "title", Kind = FieldKind.Text, MaxCharacters = 40 };

    /// <summary>Whole words as tokens, and pieces with quotes in them as real vocabularies have.</summary>
    public static ScriptedVocabulary Words { get; } =
        new("{\"", "category", "title", "\":\"", "\",\"", "\"}", "mug", "lamp", "bag", " mug", " red", "red", "picture", " number", "e\"", ".\"}");

    public ScriptedDecoder Decoder { get; }

    public ContinuousBatcher Batcher { get; }

    public DecodingPlan Plan { get; }

    public static Profile ProfileOf(params ProfileField[] fields) =>
        new() { Name = "test", Instruction = "Describe.", Fields = fields, Sampling = new() { Temperature = 0 } };

    public static string Answer(int picture) => $"{{\"category\":\"{Category.Values[picture % 3]}\",\"title\":\"picture number {picture}\"}}";

    public Task<Caption> Describe(int picture, int tokens = 4, DecodingPlan? plan = null, SamplingOptions? sampling = null, ulong seed = 0, ProductFacts? facts = null) =>
        Submit(picture, tokens, plan, sampling, seed, facts, TestContext.Current.CancellationToken);

    public Task<Caption> DescribeUntil(int picture, int tokens, CancellationToken cancellationToken) => Submit(picture, tokens, null, null, 0, null, cancellationToken);

    private Task<Caption> Submit(int picture, int tokens, DecodingPlan? plan, SamplingOptions? sampling, ulong seed, ProductFacts? facts, CancellationToken cancellationToken)
    {
        var rgb = new byte[32 * 32 * tokens * 3];
        (rgb[0], rgb[1]) = ((byte)picture, (byte)(picture >> 8));
        var request = new PictureRequest
        {
            Name = $"{picture}.jpg",
            Images = [new PixelImage { Width = 32 * tokens, Height = 32, Rgb = rgb }],
            Plan = plan ?? Plan,
            Facts = facts ?? ProductFacts.None,
            Sampling = sampling ?? new() { Temperature = 0 },
            Seed = seed,
        };
        return Batcher.DescribeAsync(request, cancellationToken).WaitAsync(Deadline, TestContext.Current.CancellationToken);
    }

    public async Task<string> Write(int picture) => Json(await Describe(picture));

    public static string Json(Caption caption) => DecodingPlan.Format(caption.Fields);

    public ValueTask DisposeAsync() => Batcher.DisposeAsync();
}
