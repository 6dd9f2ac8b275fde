using System.Diagnostics;
using System.Globalization;
using BlobCaptioner.Captioning;
using BlobCaptioner.Cli.Benchmarks;
using BlobCaptioner.Engine;
using BlobCaptioner.Engine.Setup;
using BlobCaptioner.Images;
using BlobCaptioner.Inference.Batching;
using BlobCaptioner.Inference.Plans;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;

namespace BlobCaptioner.Benchmarks.Languages;

/// <summary>
/// Compares three languages with one: pictures a minute with all slots busy, and the time of a single picture with free slots. Rounds alternate, so that noise affects
/// both; ratios are medians over the rounds.
/// </summary>
internal static class LanguagesBenchmark
{
    private const double ThroughputTarget = 0.45;
    private const double LatencyTarget = 1.6;
    private const int DefaultEdge = 512;

    private static readonly int[] s_sequences = [1, 3, 8];

    public static async Task<int> RunAsync(string[] arguments)
    {
        var options = new Arguments(arguments);
        if (options.Text("--model") is not { } model || options.Text("--mmproj") is not { } mmproj)
        {
            Console.Error.WriteLine(
                "Usage: languages --model TEXT.gguf --mmproj VISION.gguf [--slots 8] [--pictures 16] [--rounds 3] [--singles 2] [--tokens 300] [--edge 512] [--threads N] [--profile NAME]\n"
                + "--profile takes a built-in profile, each text as long as it advises, in place of the benchmark's own fields.\n"
                + "A model for it: python3 ../shared/tools/random-gguf.py DIR scale");
            return 2;
        }

        var slots = options.Number("--slots", 8);
        var pictures = options.Number("--pictures", 16);
        var rounds = options.Number("--rounds", 3);
        var singles = options.Number("--singles", 2);
        var tokens = options.Number("--tokens", 300);
        var edge = options.Number("--edge", DefaultEdge);
        var threads = options.Number("--threads");
        var batching = new BatcherOptions { Slots = slots, KeptEncodings = 0 };
        Profile[] profiles = options.Text("--profile") is { } name
            ? [AtAdvisedLengths(name, "en"), AtAdvisedLengths(name, "en", "de", "fr")]
            : [ProfileOf(tokens, "en"), ProfileOf(tokens, "en", "de", "fr")];
        using var decoder = new WordsDecoder(LLamaSharpDecoder.Load(new DecoderOptions
        {
            TextModelPath = model,
            VisionModelPath = mmproj,
            MaxSequences = batching.Sequences,
            ContextTokens = ContextSize.For(profiles[1], batching),
            Threads = threads,
            ImageThreads = threads,
        }));
        Console.WriteLine(
            $"{decoder.Info.ModelName}, {decoder.Info.Engine}, context {decoder.Info.ContextTokens}, {slots} slots, {edge} x {edge} px, "
            + $"{rounds} rounds of {pictures} pictures and {singles} single ones; load {Machine.Load()}");
        var first = DecodingPlan.Compile(profiles[0], decoder);
        foreach (var sequences in s_sequences.Where(n => n <= slots))
        {
            var bare = BareSpeeds.Measure(decoder, first, Picture(seed: 0, edge), sequences, tokens);
            Console.WriteLine($"bare decode, ms a call: 1 sequence {bare.StepOfOneMs:F1}, {sequences} sequences {bare.StepOfAllMs:F1}");
        }

        await using var batcher = new ContinuousBatcher(decoder, batching);
        DecodingPlan[] plans = [.. profiles.Select(p => DecodingPlan.Compile(p, decoder))];
        foreach (var plan in plans)
        {
            await RunAsync(batcher, plan, edge, pictures: 1);
        }

        List<LanguagesRun>[] saturated = [[], []];
        List<LanguagesRun>[] alone = [[], []];
        for (var round = 0; round < rounds; round++)
        {
            for (var i = 0; i < 2; i++)
            {
                // The order alternates with each round.
                var which = (round + i) % 2;
                saturated[which].Add(await RunAsync(batcher, plans[which], edge, pictures));
            }

            for (var i = 0; i < 2 * singles; i++)
            {
                alone[(round + i) % 2].Add(await RunAsync(batcher, plans[(round + i) % 2], edge, pictures: 1));
            }
        }

        Print($"{pictures} pictures at once", saturated);
        Print("a single picture", alone);
        var throughput = BareSpeeds.Median(saturated[1].Zip(saturated[0], (three, one) => one.Wall / three.Wall));
        var latency = BareSpeeds.Median(alone[1].Zip(alone[0], (three, one) => three.Wall / one.Wall));
        Console.WriteLine($"pictures/min, three languages of one: {throughput:F2} (target >= {ThroughputTarget}); time of a single picture: {latency:F2} (target <= {LatencyTarget}); load {Machine.Load()}");
        return throughput >= ThroughputTarget && latency <= LatencyTarget ? 0 : 1;
    }

    private static async Task<LanguagesRun> RunAsync(ContinuousBatcher batcher, DecodingPlan plan, int edge, int pictures)
    {
        var before = batcher.Snapshot();
        var started = Stopwatch.GetTimestamp();
        var captions = await Task.WhenAll(Enumerable.Range(0, pictures).Select(i => batcher.DescribeAsync(
            new CaptionRequest { Images = [new() { Name = $"{i}", Jpeg = default }], Profile = plan.Profile, Seed = 0 }, plan, [Picture(i, edge)], CancellationToken.None)));
        var run = new LanguagesRun
        {
            Pictures = pictures,
            Wall = Stopwatch.GetElapsedTime(started),
            OutputTokens = captions.Sum(c => c.Usage.OutputTokens),
            Before = before,
            After = batcher.Snapshot(),
        };
        Console.Error.WriteLine(
            $"{plan.Profile.Languages.Count} languages, {pictures} pictures: {run.Wall.TotalSeconds:F1} s, {run.OutputTokens} tokens, {run.Steps} steps, {run.After.PutBack - before.PutBack} put back");
        return run;
    }

    /// <summary>Two attributes, and copy that noise can't end before its limits.</summary>
    private static Profile ProfileOf(int tokens, params string[] languages) => new()
    {
        Name = "languages-benchmark",
        Instruction = "Describe the product in the picture as JSON: category, color, then title, description and bullets in each language.",
        Languages = [.. languages.Select(l => new ProfileLanguage(l))],
        ConfidenceThreshold = 0,
        Sampling = new() { Temperature = 0 },
        Fields =
        [
            new() { Name = "category", Kind = FieldKind.Choice, IsAttribute = true, AllowUnknown = false, Values = ["shirt", "shoe", "bag", "watch", "lamp", "chair", "table"] },
            new() { Name = "color", Kind = FieldKind.Choice, IsAttribute = true, AllowUnknown = false, Values = ["blue", "red", "black", "white"] },

            // A word is five characters and a token: a tenth, two fifths and a half of them.
            new() { Name = "title", Kind = FieldKind.Text, MaxCharacters = tokens / 2 },
            new() { Name = "bullets", Kind = FieldKind.TextList, MinItems = 4, MaxItems = 4, MaxCharacters = tokens / 2 },
            new() { Name = "description", Kind = FieldKind.Text, MaxCharacters = tokens * 5 / 2 },
        ],
    };

    private static Profile AtAdvisedLengths(string name, params string[] languages)
    {
        var profile = BuiltInProfiles.Find(name) ?? throw new ArgumentException($"There is no profile '{name}'; take one of {string.Join(", ", BuiltInProfiles.Names)}.", nameof(name));
        return profile with
        {
            Languages = [.. languages.Select(l => new ProfileLanguage(l))],
            Fields = [.. profile.Fields.Select(f => f with { MaxCharacters = f.AdvisedCharacters ?? f.MaxCharacters, MinItems = f.MaxItems })],
            Sampling = new() { Temperature = 0 },
        };
    }

    private static PixelImage Picture(int seed, int edge)
    {
        var rgb = new byte[edge * edge * 3];
        new Random(seed).NextBytes(rgb);
        return new PixelImage { Width = edge, Height = edge, Rgb = rgb };
    }

    private static void Print(string what, List<LanguagesRun>[] runs)
    {
        Console.WriteLine($"{what} (medians; ms a picture)");
        Console.WriteLine("  languages  pictures/min  tokens/s  tokens  steps  tokens/step  encode  prefill  decode  choose  seconds of each round");
        for (var i = 0; i < 2; i++)
        {
            double Of(Func<LanguagesRun, double> value) => BareSpeeds.Median(runs[i].Select(value));
            Console.WriteLine(
                $"  {(i == 0 ? 1 : 3),9}  {Of(r => r.PicturesPerMinute),12:F2}  {Of(r => r.OutputTokens / r.Wall.TotalSeconds),8:F1}  {Of(r => (double)r.OutputTokens / r.Pictures),6:F0}  "
                + $"{Of(r => r.Steps),5:F0}  {Of(r => r.TextTokens / r.Steps),11:F1}  {Of(r => r.Per(s => s.EncodeBusy)),6:F0}  {Of(r => r.Per(s => s.PrefillBusy)),7:F0}  "
                + $"{Of(r => r.Per(s => s.DecodeBusy)),6:F0}  {Of(r => r.Per(s => s.SampleBusy)),6:F0}  {string.Join(' ', runs[i].Select(r => r.Wall.TotalSeconds.ToString("F1", CultureInfo.InvariantCulture)))}");
        }
    }

}

/// <summary>Some pictures at once, from the first submission to the last answer.</summary>
internal sealed record LanguagesRun
{
    public required int Pictures { get; init; }

    public required TimeSpan Wall { get; init; }

    public required int OutputTokens { get; init; }

    public required BatcherSnapshot Before { get; init; }

    public required BatcherSnapshot After { get; init; }

    public double PicturesPerMinute => Pictures / Wall.TotalMinutes;

    /// <summary>Decode calls for text.</summary>
    public double Steps => After.Steps - Before.Steps;

    public double TextTokens => After.TextTokens - Before.TextTokens;

    /// <summary>Milliseconds of a kind of work for each picture.</summary>
    public double Per(Func<BatcherSnapshot, TimeSpan> busy) => (busy(After) - busy(Before)).TotalMilliseconds / Pictures;
}
