using System.Text.Json;
using BlobCaptioner.Captioning;
using BlobCaptioner.Images;
using BlobCaptioner.Inference.Batching;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.Tests.Engine;
using Xunit;

namespace BlobCaptioner.Tests.Captioning;

/// <summary>The bundled pictures through preparation, the engine and the bundled model on the real llama.cpp.</summary>
public sealed class SamplePicturesTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Samples");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Describe_BundledPictures_NamesWhatNineOfTenShow()
    {
        var pictures = await PrepareAllAsync();
        await using var model = Load(slots: 4);
        var captions = await Task.WhenAll(pictures.Select(p => model.DescribeAsync(p.Image, BuiltInProfiles.Sample, Cancel)));

        var wrong = pictures.Zip(captions)
            .Where(p => !p.Second.Fields.Take(3).Select(f => f.Value).SequenceEqual([p.First.Category, p.First.Color, p.First.Pattern]))
            .Select(p => $"{p.First.Image.Name}: {string.Join(' ', p.Second.Fields.Select(f => f.Value))}")
            .ToArray();
        Assert.InRange(pictures.Count, 10, 100);
        Assert.True(wrong.Length * 10 <= pictures.Count, string.Join('\n', wrong));
        Assert.All(captions, c => Assert.All(c.Fields.Take(3), f => Assert.InRange(f.Confidence!.Value, 0.1, 1)));
    }

    [Fact]
    public async Task Describe_EightAtOnce_AnswersAreThoseGivenAlone()
    {
        var pictures = await PrepareAllAsync();
        string[] alone;
        await using (var model = Load(slots: 1))
        {
            alone = await DescribeAsync(model, pictures);
        }

        await using (var model = Load(slots: 8))
        {
            Assert.Equal(alone, await DescribeAsync(model, pictures));
            var snapshot = model.Snapshot();
            Assert.Equal((1, 0, 0), (snapshot.PrefixesDecoded, snapshot.PutBack, snapshot.Failed));
        }
    }

    [Fact]
    public async Task Describe_ContextForThreePictures_NoneIsPutBack()
    {
        var pictures = await PrepareAllAsync();
        await using var model = Load(slots: 8, contextTokens: 1024);
        var caption = await model.DescribeAsync(pictures[0].Image, BuiltInProfiles.Sample, Cancel);
        Assert.Equal(pictures.Count, (await DescribeAsync(model, pictures)).Length);
        Assert.Equal(0, model.Snapshot().PutBack);
        Assert.InRange(caption.Usage.ImageTokens, 8, 576);
    }

    private static async Task<string[]> DescribeAsync(LocalCaptionModel model, IReadOnlyList<SamplePicture> pictures)
    {
        var captions = await Task.WhenAll(pictures.Select(p => model.DescribeAsync(p.Image, BuiltInProfiles.Sample, Cancel)));
        return [.. captions.Select(c => string.Join('|', c.Fields.Select(f => f.Value)))];
    }

    private static LocalCaptionModel Load(int slots, int contextTokens = 8192)
    {
        var options = new BatcherOptions { Slots = slots };
        var decoder = SampleDecoder.Load(o => o with { MaxSequences = options.Sequences, ContextTokens = contextTokens });
        return new LocalCaptionModel(decoder, options);
    }

    private static async Task<IReadOnlyList<SamplePicture>> PrepareAllAsync()
    {
        using var labels = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(Folder, "labels.json"), Cancel));
        using var preparer = new ImagePreparer(new ImageOptions());
        var pictures = new List<SamplePicture>();
        foreach (var label in labels.RootElement.GetProperty("pictures").EnumerateArray())
        {
            var name = label.GetProperty("file").GetString()!;
            var file = await File.ReadAllBytesAsync(Path.Combine(Folder, name), Cancel);
            var prepared = await preparer.PrepareAsync(file, name, BuiltInProfiles.Sample.ImageTokenBudget, Cancel);
            pictures.Add(new SamplePicture(
                new PreparedImage { Name = name, Jpeg = Assert.IsType<PreparationOutcome.Prepared>(prepared).Jpeg },
                label.GetProperty("category").GetString()!,
                label.GetProperty("color").GetString()!,
                label.GetProperty("pattern").GetString()!));
        }

        return pictures;
    }

    private sealed record SamplePicture(PreparedImage Image, string Category, string Color, string Pattern);
}
