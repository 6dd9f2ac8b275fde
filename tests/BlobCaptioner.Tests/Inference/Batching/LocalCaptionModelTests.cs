using BlobCaptioner.Captioning;
using BlobCaptioner.Images;
using BlobCaptioner.Inference;
using BlobCaptioner.Inference.Batching;
using BlobCaptioner.Profiles;
using NetVips;
using Xunit;

namespace BlobCaptioner.Tests.Inference.Batching;

public sealed class LocalCaptionModelTests
{
    private static readonly Profile Profile = ScriptedEngine.ProfileOf(ScriptedEngine.Category, ScriptedEngine.Title);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static ScriptedDecoder NewDecoder() => new ScriptedDecoder(ScriptedEngine.Words).Writing(_ => ScriptedEngine.Answer(4));

    private static PreparedImage Jpeg(int width, int height) => new() { Name = "shoes/red.jpg", Jpeg = (Image.Black(width, height, 3) + new[] { 200.0, 10, 10 }).Cast(Enums.BandFormat.Uchar).JpegsaveBuffer(q: 95) };

    [Fact]
    public async Task Describe_PreparedJpeg_GivesTheFieldsInTheProfilesOrder()
    {
        await using var model = new LocalCaptionModel(NewDecoder(), new BatcherOptions { Slots = 3 });
        var caption = await model.DescribeAsync(Jpeg(96, 64), Profile, Cancel);
        Assert.Equal(["category", "title"], caption.Fields.Select(f => f.Name));
        Assert.Equal(["lamp", "picture number 4"], caption.Fields.Select(f => f.Value));
        Assert.Equal(6, caption.Usage.ImageTokens);
        Assert.Equal(3, model.Concurrency);
        Assert.Equal(new CaptionModelInfo("scripted", "00", "script"), model.Info);
    }

    [Fact]
    public async Task Describe_WatchedDraft_GrowsWithTheTextAndEndsAsTheAnswer()
    {
        var decoder = NewDecoder();
        var (draft, unwatched) = (new CaptionDraft(), new CaptionDraft());
        draft.Watch();
        var seen = new List<string>();
        decoder.OnDecode = _ =>
        {
            if (draft.Read().FirstOrDefault(t => t.Field == "title") is { } title)
            {
                seen.Add(title.Text);
            }

            return DecodeStatus.Ok;
        };
        await using var model = new LocalCaptionModel(decoder, new BatcherOptions { Slots = 3 });
        await model.DescribeAsync(new() { Images = [Jpeg(96, 64)], Profile = Profile, Draft = draft }, Cancel);
        await model.DescribeAsync(new() { Images = [Jpeg(96, 64)], Profile = Profile, Draft = unwatched }, Cancel);

        Assert.Equal([new(null, "category", "lamp"), new("en", "title", "picture number 4")], draft.Read().OrderBy(t => t.Field).Select(t => t with { Language = t.Field == "category" ? null : t.Language }));
        Assert.Contains("picture number", seen);
        Assert.All(seen, s => Assert.StartsWith(s, "picture number 4", StringComparison.Ordinal));
        Assert.Empty(unwatched.Read());
    }

    [Fact]
    public async Task Describe_Variation_GivesOtherRandomNumbersAndTheSameAgain()
    {
        var profile = Profile with { Sampling = new() { Temperature = 2, TopK = 0, TopP = 1 }, Fields = [ScriptedEngine.Title] };
        await using var model = new LocalCaptionModel(new ScriptedDecoder(ScriptedEngine.Words), new BatcherOptions { Slots = 1 });
        var texts = new List<string>();
        foreach (var variation in (ulong[])[0, 1, 2, 1, 0])
        {
            var caption = await model.DescribeAsync(new() { Images = [Jpeg(32, 32)], Profile = profile, Variation = variation }, Cancel);
            texts.Add(caption.Fields[0].Value);
        }

        Assert.Equal((texts[0], texts[1]), (texts[4], texts[3]));
        Assert.True(texts.Distinct(StringComparer.Ordinal).Count() > 1, string.Join(" | ", texts));
    }

    [Fact]
    public async Task Describe_EqualProfilesFromTwoFolders_ShareOnePrefix()
    {
        await using var model = new LocalCaptionModel(NewDecoder());
        var again = Profile with { Fields = [.. Profile.Fields] };
        await model.DescribeAsync(Jpeg(32, 32), Profile, Cancel);
        await model.DescribeAsync(Jpeg(32, 32), again, Cancel);
        Assert.Equal(1, model.Snapshot().PrefixesDecoded);
    }

    [Fact]
    public async Task Describe_PreparedFileIsBroken_IsRejectedAndOthersGoOn()
    {
        await using var model = new LocalCaptionModel(NewDecoder());
        var half = Jpeg(256, 256);
        half = half with { Jpeg = half.Jpeg[..(half.Jpeg.Length / 2)] };
        foreach (var broken in (PreparedImage[])[half, half with { Jpeg = "text"u8.ToArray() }, half with { Jpeg = default }])
        {
            var error = await Assert.ThrowsAsync<CaptionException>(() => model.DescribeAsync(broken, Profile, Cancel));
            Assert.Equal("prepared-unreadable", error.Code);
            Assert.False(error.Retry);
            Assert.Contains("'shoes/red.jpg'", error.Message, StringComparison.Ordinal);
        }

        Assert.Equal("lamp", (await model.DescribeAsync(Jpeg(32, 32), Profile, Cancel)).Fields[0].Value);
    }

    [Fact]
    public async Task Dispose_CallersWaiting_AllGetAnAnswerAndTheDecoderIsDisposed()
    {
        var decoder = NewDecoder();
        using var reached = new ManualResetEventSlim();
        using var gate = new ManualResetEventSlim();
        decoder.OnDecode = _ =>
        {
            reached.Set();
            return gate.Wait(TimeSpan.FromSeconds(60)) ? DecodeStatus.Ok : DecodeStatus.Aborted;
        };
        var model = new LocalCaptionModel(decoder, new BatcherOptions { Slots = 1 });
        var jpeg = Jpeg(32, 32);
        var callers = Enumerable.Range(0, 30).Select(_ => model.DescribeAsync(jpeg, Profile, Cancel)).ToArray();
        Assert.True(reached.Wait(TimeSpan.FromSeconds(60), Cancel));
        var disposing = model.DisposeAsync().AsTask();
        gate.Set();
        await disposing.WaitAsync(TimeSpan.FromSeconds(60), Cancel);
        foreach (var caller in callers)
        {
            var error = await Assert.ThrowsAsync<CaptionException>(() => caller.WaitAsync(TimeSpan.FromSeconds(60), Cancel));
            Assert.Equal("stopping", error.Code);
        }

        Assert.True(decoder.IsDisposed);
    }
}
