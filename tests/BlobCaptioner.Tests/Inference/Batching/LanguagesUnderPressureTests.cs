using System.Text;
using BlobCaptioner.Captioning;
using BlobCaptioner.Inference;
using BlobCaptioner.Inference.Batching;
using BlobCaptioner.Inference.Plans;
using BlobCaptioner.Profiles;
using FsCheck;
using FsCheck.Fluent;
using Xunit;
using static BlobCaptioner.Tests.Inference.ScriptedEngine;

namespace BlobCaptioner.Tests.Inference.Batching;

/// <summary>Any mix of languages, views, cancellations and a cache that is too small: every answer is its own picture's, and nothing is left behind.</summary>
public sealed class LanguagesUnderPressureTests
{
    private const int Slots = 8;

    private static readonly string[] Tags = ["en", "de", "zh"];

    private static readonly ProfileField[] Copy =
    [
        Title with { MaxCharacters = 200, AdvisedCharacters = 1 },
        new() { Name = "bullets", Kind = FieldKind.TextList, MinItems = 1, MaxItems = 3, MaxCharacters = 200, AdvisedCharacters = 1 },
    ];

    [Fact]
    public void Describe_AnyMixUnderEvictionAndCancellation_NoTextOfAnotherPictureAndNothingLeft()
    {
        var putBack = 0L;
        var cancelled = 0;
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var (back, gone) = RunAsync(seed).GetAwaiter().GetResult();
            putBack += back;
            cancelled += gone;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(40));

        // Otherwise the test has shown nothing.
        Assert.True(putBack > 20, $"{putBack} pictures were put back");
        Assert.True(cancelled > 40, $"{cancelled} pictures were cancelled");
    }

    [Fact]
    public async Task Describe_EachPictureOutgrowsTheContextAlone_EndsWithAnErrorInsteadOfStartingOver()
    {
        var decoder = NewDecoder(contextTokens: 210);
        await using var engine = new ScriptedEngine(decoder, new BatcherOptions { Slots = Slots });
        var plan = Compile(decoder, 3, withTrunk: true);
        var all = Enumerable.Range(0, 6).Select(i => engine.Describe(i, plan: plan)).ToArray();
        foreach (var one in all)
        {
            var error = await Assert.ThrowsAsync<CaptionException>(() => one);
            Assert.Equal("context-too-small", error.Code);
            Assert.False(error.Retry);
        }

        Assert.Equal(0, decoder.CellsIn(..Slots));
        Assert.Equal((0, 0), (engine.Batcher.Snapshot().SlotsInUse, engine.Batcher.Snapshot().CellsReserved));
    }

    [Fact]
    public async Task Describe_StepFailsWhileLanguagesRun_AllSequencesAreFreeAndTheNextPictureIsRight()
    {
        var decoder = NewDecoder(contextTokens: 100_000);
        await using var engine = new ScriptedEngine(decoder, new BatcherOptions { Slots = Slots });
        var plan = Compile(decoder, 3, withTrunk: true);
        var thrown = 0;
        decoder.OnDecode = _ => decoder.Calls.Last().Sequences.Length == 3 && Interlocked.Exchange(ref thrown, 1) == 0
            ? throw new SequenceDecoderException("the step failed")
            : DecodeStatus.Ok;
        var error = await Assert.ThrowsAsync<CaptionException>(() => engine.Describe(1, plan: plan));
        Assert.Equal("decoder-failed", error.Code);
        AssertIsOwn(2, 3, withTrunk: true, await engine.Describe(2, plan: plan));
        Assert.Equal(0, decoder.CellsIn(..Slots));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Describe_SampledTexts_DoNotDependOnTheSlots(int slots)
    {
        // Every letter as likely as the other: only seeds decide.
        var decoder = new ScriptedDecoder(Words) { Model = (_, _, logits) => logits.AsSpan('a', 26).Fill(5) };
        var plan = DecodingPlan.Compile(ProfileOf(Copy[0] with { MaxCharacters = 12 }) with { Languages = [.. Tags.Take(2).Select(t => new ProfileLanguage(t))] }, decoder);
        var sampling = new SamplingOptions { Temperature = 1, TopP = 1, TopK = 0 };
        await using var engine = new ScriptedEngine(decoder, new BatcherOptions { Slots = slots });
        var first = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => engine.Describe(i, plan: plan, sampling: sampling, seed: (ulong)i)));
        await using var other = new ScriptedEngine(new ScriptedDecoder(Words) { Model = decoder.Model }, new BatcherOptions { Slots = Slots });
        var second = await Task.WhenAll(Enumerable.Range(0, 6).Select(
            i => other.Describe(i, plan: DecodingPlan.Compile(plan.Profile, other.Decoder), sampling: sampling, seed: (ulong)i)));
        Assert.Equal(first.Select(Values), second.Select(Values));
        Assert.All(first, c => Assert.NotEqual(c.Fields[0].Value, c.Fields[1].Value));
        Assert.Equal(6, first.Select(c => c.Fields[0].Value).Distinct(StringComparer.Ordinal).Count());
    }

    private static async Task<(long PutBack, int Cancelled)> RunAsync(int seed)
    {
        var random = new Random(seed);
        var withTrunk = random.Next(4) > 0;
        var decoder = NewDecoder(contextTokens: random.Next(600, 1_100), withTrunk);
        await using var engine = new ScriptedEngine(decoder, new BatcherOptions { Slots = Slots, EncodeAhead = random.Next(3), PrefillSliceTokens = random.Next(4, 64) });
        DecodingPlan[] plans = [.. Enumerable.Range(2, 2).Select(n => Compile(decoder, n, withTrunk))];
        var cancellers = new List<(int At, CancellationTokenSource Source)>();
        decoder.OnDecode = call =>
        {
            // On the decode thread, in the middle of a step: the worst moment.
            foreach (var (_, source) in cancellers.Where(c => c.At == call))
            {
                source.Cancel();
            }

            return DecodeStatus.Ok;
        };
        var pictures = Enumerable.Range(0, 24).Select(i =>
        {
            var source = new CancellationTokenSource();
            if (random.Next(3) == 0)
            {
                cancellers.Add((random.Next(1, 120), source));
            }

            return (Number: i, Languages: random.Next(2, 4), Views: random.Next(3) == 0 ? 4 : 1, Source: source);
        }).ToArray();
        var running = pictures.Select(p => Describe(engine, p.Number, p.Views, plans[p.Languages - 2], p.Source.Token)).ToArray();
        var gone = 0;
        for (var i = 0; i < pictures.Length; i++)
        {
            try
            {
                AssertIsOwn(pictures[i].Number, pictures[i].Languages, withTrunk, await running[i].WaitAsync(TimeSpan.FromSeconds(60)));
            }
            catch (OperationCanceledException) when (pictures[i].Source.IsCancellationRequested)
            {
                gone++;
            }
        }

        // Once this one is through, the cancelled ones' sequences are free.
        decoder.OnDecode = _ => DecodeStatus.Ok;
        AssertIsOwn(99, 3, withTrunk, await Describe(engine, 99, 1, plans[1], CancellationToken.None));
        var end = engine.Batcher.Snapshot();
        Assert.Equal((0, 0, 0), (end.SlotsInUse, end.CellsReserved, decoder.CellsIn(..Slots)));
        Assert.Equal(0, end.Failed);
        foreach (var picture in pictures)
        {
            picture.Source.Dispose();
        }

        return (end.PutBack, gone);
    }

    private static DecodingPlan Compile(ScriptedDecoder decoder, int languages, bool withTrunk)
    {
        var profile = ProfileOf([.. withTrunk ? [Category with { IsAttribute = true, AllowUnknown = false }] : Array.Empty<ProfileField>(), .. Copy]);
        return DecodingPlan.Compile(profile with { Languages = [.. Tags.Take(languages).Select(t => new ProfileLanguage(t))] }, decoder);
    }

    private static Task<Caption> Describe(ScriptedEngine engine, int picture, int views, DecodingPlan plan, CancellationToken cancellationToken) => engine.Batcher.DescribeAsync(
        RequestOf(plan, $"{picture}"), plan, [.. Enumerable.Range(0, views).Select(v => Picture(v == 0 ? picture : 1_000 + v, 3 + ((picture + v) % 5)))], cancellationToken);

    private static void AssertIsOwn(int picture, int languages, bool withTrunk, Caption caption)
    {
        var copy = Tags.Take(languages).SelectMany(t => Texts(picture, t)).ToArray();
        Assert.Equal(withTrunk ? [Category.Values[picture % 3], .. copy] : copy, caption.Fields.SelectMany(f => f.Items ?? [f.Value]));
        Assert.Empty(caption.Flags);
    }

    private static string[] Texts(int picture, string language) => language switch
    {
        "de" => [$"Bild Nummer {picture}, weit länger, als im Profil empfohlen und darum im Cache vorgesehen ist", "fein", $"rund und {picture} cm"],
        "zh" => [$"第{picture}张红色杯子，比建议的长度长得多，所以缓存里没有预留足够的位置", $"红色马克杯{picture}号"],
        _ => [$"picture number {picture}, far longer than the profile advises and than the cache has therefore reserved for it", "fine", "round", $"{picture} cm wide"],
    };

    private static string Values(Caption caption) => string.Join('|', caption.Fields.Select(f => f.Value));

    private static ScriptedDecoder NewDecoder(int contextTokens, bool withTrunk = true)
    {
        var decoder = new ScriptedDecoder(Words, contextTokens: contextTokens);
        decoder.Model = (picture, answer, logits) =>
        {
            var bytes = Tags.Select(t => Answer(picture, t, withTrunk)).FirstOrDefault(t => t.AsSpan().StartsWith(answer) && t.Length > answer.Length);
            logits[bytes is null ? Words.End : decoder.NextToken(bytes, answer.Length)] = 10;
        };
        return decoder;
    }

    private static byte[] Answer(int picture, string language, bool withTrunk)
    {
        var texts = Texts(picture, language);
        var trunk = withTrunk ? $"{{\"category\":\"{Category.Values[picture % 3]}\"," : "{";
        return Encoding.UTF8.GetBytes($"{trunk}\"{language}\":{{\"title\":\"{texts[0]}\",\"bullets\":[{string.Join(',', texts.Skip(1).Select(t => $"\"{t}\""))}]}}}}");
    }
}
