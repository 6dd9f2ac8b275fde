using System.Text.Json;
using BlobCaptioner.Captioning;
using BlobCaptioner.Images;
using BlobCaptioner.Inference.Batching;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.Tests.Engine;
using Xunit;

namespace BlobCaptioner.Tests.Captioning;

/// <summary>The bundled model on pictures that nobody selected: how good it is, and that preparation costs it nothing.</summary>
public sealed class TestSetAccuracyTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Images", "TestSet");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Describe_UnselectedPictures_NamesWhatFourOfFiveShow()
    {
        using var labels = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(Folder, "labels.json"), Cancel));
        using var preparer = new ImagePreparer(new ImageOptions());
        await using var model = new LocalCaptionModel(
            SampleDecoder.Load(o => o with { MaxSequences = new BatcherOptions { Slots = 8 }.Sequences, ContextTokens = 8192 }),
            new BatcherOptions { Slots = 8 });

        var answers = await Task.WhenAll(labels.RootElement.GetProperty("pictures").EnumerateArray().Select(async label =>
        {
            var name = label.GetProperty("file").GetString()!;
            var prepared = Assert.IsType<PreparationOutcome.Prepared>(
                await preparer.PrepareAsync(await File.ReadAllBytesAsync(Path.Combine(Folder, name), Cancel), name, 576, Cancel));
            var caption = await model.DescribeAsync(new PreparedImage { Name = name, Jpeg = prepared.Jpeg }, BuiltInProfiles.Sample, Cancel);
            var answer = string.Join(' ', caption.Fields.Take(3).Select(f => f.Value));
            var truth = $"{label.GetProperty("category")} {label.GetProperty("color")} {label.GetProperty("pattern")}";
            return (Right: string.Equals(answer, truth, StringComparison.Ordinal), Story: $"{name}: {answer}, not {truth}");
        }));

        var wrong = answers.Where(a => !a.Right).Select(a => a.Story).ToList();
        TestContext.Current.TestOutputHelper?.WriteLine($"{answers.Length - wrong.Count} of {answers.Length} exact\n{string.Join('\n', wrong)}");
        Assert.Equal(60, answers.Length);

        // the model is 89 % exact by its own trainer's count; four of five leaves the sampling error of 60 pictures
        Assert.True(wrong.Count <= 12, string.Join('\n', wrong));
    }
}
