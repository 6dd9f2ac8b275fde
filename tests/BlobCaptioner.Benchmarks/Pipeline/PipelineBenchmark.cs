using System.Diagnostics;
using BlobCaptioner.Captioning;
using BlobCaptioner.Cli.Benchmarks;
using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Cli.Reporting;
using BlobCaptioner.Images;
using BlobCaptioner.Inference.Batching;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Jobs;
using BlobCaptioner.Pipeline.Sweeps;
using BlobCaptioner.Profiles;
using BlobCaptioner.Storage;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Benchmarks.Pipeline;

/// <summary>Compares the whole pipeline with the engine alone: in one process, on the same pictures, in alternating order.</summary>
internal sealed class PipelineBenchmark
{
    private const int WarmUp = 60;

    private readonly EngineSession _engine;
    private readonly StoreChoice _store;
    private readonly Profile _profile;
    private readonly QueueLoopOptions _loop;
    private readonly ILoggerFactory _logging;
    private readonly IProgress<string> _progress;
    private readonly TimeProvider _time;

    public PipelineBenchmark(
        EngineSession engine, StoreChoice store, Profile profile, QueueLoopOptions loop, ILoggerFactory logging, IProgress<string> progress, TimeProvider time)
    {
        _engine = engine;
        _store = store;
        _profile = profile;
        _loop = loop;
        _logging = logging;
        _progress = progress;
        _time = time;
    }

    /// <summary>Measures.</summary>
    public async Task<PipelineResult> RunAsync(int count, int edge, int rounds, int? threads, CancellationToken cancellationToken)
    {
        var load = EngineBenchmark.ReadLoad();
        _progress.Report($"Drawing {count} pictures of {edge}×{edge} px");
        var pictures = PictureSet.Create(count, edge);
        var prepared = new List<PreparedImage>();
        var before = Environment.CpuUsage.TotalTime;
        foreach (var (name, jpeg) in pictures)
        {
            var outcome = await _engine.Preparer.PrepareAsync(jpeg, name, _profile.ImageTokenBudget, cancellationToken);
            prepared.Add(new() { Jpeg = ((PreparationOutcome.Prepared)outcome).Jpeg, Name = name });
        }

        var preparation = Environment.CpuUsage.TotalTime - before;

        // warm-up: compiles the code and fills pools before the first round
        IReadOnlyList<(string Name, byte[] Jpeg)> first = [.. pictures.Take(WarmUp)];
        var tokens = (await MeasureEngineAsync([.. prepared.Take(WarmUp)], cancellationToken)).ImageTokens;
        await MeasurePipelineAsync(first, cancellationToken);

        var measured = new List<PipelineRound>();
        for (var round = 0; round < rounds; round++)
        {
            var engineFirst = round % 2 == 0;
            var alone = engineFirst ? await MeasureEngineAsync(prepared, cancellationToken) : null;
            var whole = await MeasurePipelineAsync(pictures, cancellationToken);
            alone ??= await MeasureEngineAsync(prepared, cancellationToken);
            measured.Add(Compare(alone, whole, count));
            _progress.Report(
                $"Round {round + 1}: engine alone {measured[^1].EnginePerMinute:0} pictures/min, end to end {measured[^1].PipelinePerMinute:0}, " +
                $"ratio {measured[^1].Ratio:0.000}");
        }

        return new()
        {
            Count = count,
            Edge = edge,
            ImageTokens = tokens,
            Slots = _engine.Model.Concurrency,
            Threads = threads,
            Model = _engine.Model.Info.Name,
            Processors = Environment.ProcessorCount,
            LoadBefore = load,
            PrepareCpuMs = Math.Round(preparation.TotalMilliseconds / count, 2),
            Rounds = measured,
            MedianRatio = BareSpeeds.Median(measured.Select(m => m.Ratio)),
        };
    }

    private async Task<Measurement> MeasureEngineAsync(IReadOnlyList<PreparedImage> pictures, CancellationToken cancellationToken)
    {
        var start = Begin(azurite: null);
        var tokens = 0;
        var options = new ParallelOptions { MaxDegreeOfParallelism = 2 * _engine.Model.Concurrency, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(pictures, options, async (picture, token) =>
            tokens = (await _engine.Model.DescribeAsync(picture, _profile, token)).Usage.ImageTokens);
        return End(start, _time.GetElapsedTime(start.At), azurite: null) with { ImageTokens = tokens };
    }

    private async Task<Measurement> MeasurePipelineAsync(IReadOnlyList<(string Name, byte[] Jpeg)> pictures, CancellationToken cancellationToken)
    {
        var run = $"bench-{Guid.NewGuid():N}"[..16];
        var names = new StorageOptions
        {
            ImagesContainer = $"{run}-images",
            PreparedContainer = $"{run}-prepared",
            CaptionsQueue = $"{run}-captions",
            PoisonQueue = $"{run}-captions-poison",
        };
        await using var store = await StoreSession.OpenAsync(_store with { Names = names }, _progress, create: true, _time, cancellationToken);
        try
        {
            await Parallel.ForEachAsync(pictures, cancellationToken, async (picture, token) =>
                await store.Storage.Images.GetBlobClient(picture.Name).UploadAsync(BinaryData.FromBytes(picture.Jpeg), token));
            var end = new LastRecordReport(_time);
            var options = new CaptionRunOptions { Profile = _profile, Loop = _loop, Sweeps = true, Once = true };
            var work = new CaptionRun(store, _engine, options, end, new RunTally(_time), records: null, _logging, _time);
            var start = Begin(store.Azurite?.Process?.ProcessId);
            await work.RunAsync(cancellationToken, cancellationToken);
            if (end.Described != pictures.Count)
            {
                throw new InvalidOperationException($"{end.Described} of {pictures.Count} pictures were described.");
            }

            return End(start, _time.GetElapsedTime(start.At, end.LastDescribed), store.Azurite?.Process?.ProcessId);
        }
        finally
        {
            await store.Storage.Images.DeleteIfExistsAsync(cancellationToken: CancellationToken.None);
            await store.Storage.Prepared.DeleteIfExistsAsync(cancellationToken: CancellationToken.None);
            await store.Storage.Captions.DeleteIfExistsAsync(CancellationToken.None);
            await store.Storage.Poison.DeleteIfExistsAsync(CancellationToken.None);
        }
    }

    private static PipelineRound Compare(Measurement alone, Measurement whole, int count)
    {
        var busy = whole.Encode + whole.Prefill + whole.Decode;
        return new()
        {
            EnginePerMinute = Math.Round(count / alone.Elapsed.TotalMinutes, 1),
            PipelinePerMinute = Math.Round(count / whole.Elapsed.TotalMinutes, 1),
            Ratio = Math.Round(alone.Elapsed / whole.Elapsed, 4),
            EngineCpuMs = Math.Round(alone.Cpu.TotalMilliseconds / count, 2),
            PipelineCpuMs = Math.Round(whole.Cpu.TotalMilliseconds / count, 2),
            AzuriteCpuMs = whole.AzuriteCpu is { } azurite ? Math.Round(azurite.TotalMilliseconds / count, 2) : null,
            EngineEncodeMs = Math.Round(alone.Encode.TotalMilliseconds / count, 1),
            PipelineEncodeMs = Math.Round(whole.Encode.TotalMilliseconds / count, 1),
            EngineBusy = Math.Round(alone.Busy, 3),
            PipelineBusy = Math.Round(whole.Busy, 3),
            Shares = busy <= TimeSpan.Zero ? null : new(Math.Round(whole.Encode / busy, 3), Math.Round(whole.Prefill / busy, 3), Math.Round(whole.Decode / busy, 3)),
        };
    }

    private Start Begin(int? azurite) =>
        new(_time.GetTimestamp(), Environment.CpuUsage.TotalTime, azurite is { } id ? CpuOf(id) : null, _engine.Snapshot());

    private Measurement End(Start start, TimeSpan elapsed, int? azurite)
    {
        var now = _engine.Snapshot();
        return new()
        {
            Elapsed = elapsed,
            Cpu = Environment.CpuUsage.TotalTime - start.Cpu,
            AzuriteCpu = azurite is { } id && start.AzuriteCpu is { } before ? CpuOf(id) - before : null,
            Encode = now?.EncodeBusy - start.Engine?.EncodeBusy ?? TimeSpan.Zero,
            Prefill = now?.PrefillBusy - start.Engine?.PrefillBusy ?? TimeSpan.Zero,
            Decode = now?.DecodeBusy + now?.SampleBusy - start.Engine?.DecodeBusy - start.Engine?.SampleBusy ?? TimeSpan.Zero,
        };
    }

    private static TimeSpan CpuOf(int processId)
    {
        using var process = Process.GetProcessById(processId);
        return process.TotalProcessorTime;
    }

    private sealed record Start(long At, TimeSpan Cpu, TimeSpan? AzuriteCpu, BatcherSnapshot? Engine);

    private sealed record Measurement
    {
        public required TimeSpan Elapsed { get; init; }

        public required TimeSpan Cpu { get; init; }

        public required TimeSpan? AzuriteCpu { get; init; }

        public required TimeSpan Encode { get; init; }

        public required TimeSpan Prefill { get; init; }

        public required TimeSpan Decode { get; init; }

        public int ImageTokens { get; init; }

        public double Busy => (Encode > Prefill + Decode ? Encode : Prefill + Decode) / Elapsed;
    }
}

/// <summary>Notes when the last record was written. The final sweep, which finds nothing, is not measured.</summary>
internal sealed class LastRecordReport(TimeProvider time) : IRunReport
{
    private long _described;
    private long _last;

    /// <summary>Records written.</summary>
    public long Described => Interlocked.Read(ref _described);

    /// <summary>Timestamp of the last one.</summary>
    public long LastDescribed => Interlocked.Read(ref _last);

    /// <inheritdoc/>
    public void Add(PipelineEvent step)
    {
        if (step.Kind == PipelineEventKind.Described)
        {
            Interlocked.Increment(ref _described);
            Interlocked.Exchange(ref _last, time.GetTimestamp());
        }
    }

    /// <inheritdoc/>
    public void Add(SweepSummary sweep)
    {
    }

    /// <inheritdoc/>
    public void Report(string value)
    {
    }

    /// <inheritdoc/>
    public void Warn(string message)
    {
    }

    /// <inheritdoc/>
    public void End(RunSummary summary)
    {
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
