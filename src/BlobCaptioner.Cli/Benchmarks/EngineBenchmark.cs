using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Engine;
using BlobCaptioner.Images;
using BlobCaptioner.Inference;
using BlobCaptioner.Inference.Plans;
using BlobCaptioner.Profiles;

namespace BlobCaptioner.Cli.Benchmarks;

/// <summary>The engine alone, over prepared pictures in memory: what it takes and what the model's parts take one at a time.</summary>
internal static class EngineBenchmark
{
    // A bare step is measured in the middle of an answer; a reserved token stands for about a quarter of one that is written.
    private const int ReservedToWritten = 4;

    /// <summary>Measures.</summary>
    /// <param name="choice">The model; no server.</param>
    /// <param name="profile">What is written.</param>
    /// <param name="count">Pictures in each round.</param>
    /// <param name="edge">Pixels across and down.</param>
    /// <param name="rounds">Rounds.</param>
    /// <param name="words">True for random weights: see <see cref="WordsDecoder"/>.</param>
    /// <param name="progress">Told what goes on.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<EngineResult> RunAsync(
        EngineChoice choice, Profile profile, int count, int edge, int rounds, bool words, IProgress<string> progress, CancellationToken cancellationToken)
    {
        var load = ReadLoad();
        var (files, batching) = EngineSession.Plan(choice, profile);

        // A picture that comes again must not come cheaper.
        batching = batching with { KeptEncodings = 0 };
        progress.Report($"Drawing {count} pictures of {edge}×{edge} px");
        using var preparer = new ImagePreparer(new ImageOptions());
        var prepared = new List<PreparedImage>();
        foreach (var (name, jpeg) in PictureSet.Create(count, edge))
        {
            var outcome = await preparer.PrepareAsync(jpeg, name, profile.ImageTokenBudget, cancellationToken);
            prepared.Add(new() { Jpeg = ((PreparationOutcome.Prepared)outcome).Jpeg, Name = name });
        }

        progress.Report("Measuring encode, prefill and decode one at a time");
        ISequenceDecoder decoder = LLamaSharpDecoder.Load(files);
        decoder = words ? new WordsDecoder(decoder) : decoder;
        var plan = DecodingPlan.Compile(profile, decoder);
        var bare = BareSpeeds.Measure(decoder, plan, PreparedJpeg.Decode(prepared[0]), batching.Slots, plan.ExpectedAnswerTokens / ReservedToWritten);
        await using var model = new LocalCaptionModel(decoder, batching);
        await EngineRun.MeasureAsync(model, [.. prepared.Take(2 * batching.Slots)], profile, cancellationToken);
        var runs = new List<EngineRun>();
        var alone = new List<EngineRun>();
        var resident = new List<long>();
        for (var round = 0; round < rounds; round++)
        {
            runs.Add(await EngineRun.MeasureAsync(model, prepared, profile, cancellationToken));
            alone.Add(await EngineRun.MeasureAsync(model, [prepared[round % count]], profile, cancellationToken));
            resident.Add(PeakMemory.Now());
            progress.Report($"Round {round + 1}: {runs[^1].PicturesPerMinute:0.0} pictures/min");
        }

        double Of(Func<EngineRun, double> value) => BareSpeeds.Median(runs.Select(value));
        var wall = Of(r => r.Wall.TotalMilliseconds / r.Pictures);
        var bound = bare.BoundMs(Of(r => r.SampledTokens));
        var (prefill, decode, choose, other) = (Of(r => r.Per(s => s.PrefillBusy)), Of(r => r.Per(s => s.DecodeBusy)), Of(r => r.Per(s => s.SampleBusy)), Of(r => r.OtherMs));
        return new()
        {
            Model = decoder.Info.ModelName,
            Profile = profile.Name,
            Count = count,
            Rounds = rounds,
            Edge = edge,
            Slots = batching.Slots,
            ContextTokens = decoder.Info.ContextTokens,
            Processors = Environment.ProcessorCount,
            LoadBefore = load,
            Bare = bare,
            InputTokens = Of(r => r.InputTokens),
            OutputTokens = Of(r => r.OutputTokens),
            SampledTokens = Of(r => r.SampledTokens),
            PicturesPerMinute = 60_000 / wall,
            SecondsAPicture = wall / 1_000,
            SecondsAlone = BareSpeeds.Median(alone.Select(r => r.Wall.TotalSeconds)),
            TokensPerSecond = Of(r => r.OutputTokens * r.Pictures / r.Wall.TotalSeconds),
            EncodeMs = Of(r => r.Per(s => s.EncodeBusy)),
            PrefillMs = prefill,
            DecodeMs = decode,
            ChooseMs = choose,
            WaitMs = Of(r => r.Per(s => s.Idle)),
            OtherMs = other,
            TokensPerStep = Of(r => (r.After.TextTokens - r.Before.TextTokens) / (double)(r.After.Steps - r.Before.Steps)),
            BoundMs = bound,
            OfBound = bound / wall,
            Overhead = (choose + other) / (prefill + decode + choose + other),
            PeakBytes = PeakMemory.OfThisProcess(),
            ResidentBytes = resident,
        };
    }

    private static double? ReadLoad() =>
        OperatingSystem.IsLinux() ? double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0]) : null;
}
