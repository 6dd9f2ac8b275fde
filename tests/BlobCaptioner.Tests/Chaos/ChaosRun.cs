using System.Diagnostics;
using Azure.Storage.Blobs;
using BlobCaptioner.Tests.Cli;

namespace BlobCaptioner.Tests.Chaos;

/// <summary>
/// Real worker processes and sweeps on a real Azurite: requests are cut, refused and delayed, workers and sweeps are killed, storage goes away. At the end each picture
/// has its record, and what the model was asked is accounted for.
/// </summary>
internal sealed class ChaosRun
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    private readonly ChaosOptions _options;
    private readonly Action<string> _say;
    private readonly ChaosStorage _storage;
    private readonly ChaosProxy _proxy;
    private readonly ChaosModel _model;
    private readonly ChaosCrew _crew;
    private readonly ChaosSweeps _sweeps;
    private readonly Stopwatch _watch = Stopwatch.StartNew();

    private ChaosRun(ChaosOptions options, Action<string> say, ChaosStorage storage, ChaosProxy proxy, ChaosModel model, ChaosCrew crew, ChaosSweeps sweeps) =>
        (_options, _say, _storage, _proxy, _model, _crew, _sweeps) = (options, say, storage, proxy, model, crew, sweeps);

    /// <summary>Runs it to its end.</summary>
    /// <param name="options">Size and faults.</param>
    /// <param name="folder">An empty folder for Azurite's data.</param>
    /// <param name="say">Receives a line now and then.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<ChaosReport> RunAsync(ChaosOptions options, string folder, Action<string> say, CancellationToken cancellationToken)
    {
        await using var storage = await ChaosStorage.StartAsync(folder, cancellationToken);
        var images = new BlobContainerClient(storage.ConnectionString, "images");
        await images.CreateAsync(cancellationToken: cancellationToken);
        await Parallel.ForEachAsync(Enumerable.Range(0, options.Pictures), cancellationToken, async (i, stop) =>
            await images.UploadBlobAsync(NameOf(i), BinaryData.FromBytes(PictureFiles.Jpeg(i)), stop));

        var journal = new TicketJournal();
        await using var proxy = await ChaosProxy.StartAsync(storage.Ports, options, journal);
        await using var model = await ChaosModel.StartAsync(options);
        await using var crew = new ChaosCrew(folder, proxy.ConnectionString, model, options);
        await using var sweeps = new ChaosSweeps(folder, proxy.ConnectionString, options);
        var run = new ChaosRun(options, say, storage, proxy, model, crew, sweeps);
        await run.DisturbAsync(cancellationToken);
        var isQuiet = await run.BecomesQuietAsync(cancellationToken);
        var elapsed = run._watch.Elapsed;

        await sweeps.StopAsync();
        await crew.StopAsync();
        var next = (await CaptionerProcess.RunAsync(folder, ChaosSweeps.Arguments(storage.ConnectionString))).Json[^1];
        var verdict = await ChaosVerdict.ReachAsync(images, options, model, journal, crew, cancellationToken);
        return new()
        {
            Pictures = options.Pictures,
            Killed = (crew.Killed, crew.OpenCalls),
            Sweeps = (sweeps.Ended, sweeps.Killed),
            NeverStarted = crew.NeverStarted,
            StorageRestarts = options.StorageRestarts,
            Requests = (proxy.Requests, proxy.Spoiled, proxy.Unreached),
            Kinds = proxy.Kinds,
            Calls = (model.Count, verdict.Repeated),
            LeasesRunOut = verdict.RanOut,
            Lost = verdict.Lost,
            Twice = verdict.Twice,
            NextSweep = (next.GetProperty("enqueued").GetInt64(), next.GetProperty("upToDate").GetInt64()),
            Elapsed = elapsed,
            Problems =
            [
                .. isQuiet ? Array.Empty<string>() : [$"After {options.Limit} there are messages or tickets, or no sweep found all up to date."],
                .. storage.Crashes, .. crew.Problems, .. verdict.Problems,
            ],
        };
    }

    /// <summary>The name of the picture with a number.</summary>
    public static string NameOf(int number) => $"shelf {number % 5}/{number:D5}.jpg";

    private async Task DisturbAsync(CancellationToken cancellationToken)
    {
        var random = new Random(_options.Seed);
        var steps = _options.Kills + _options.StorageRestarts;
        using var pace = new PeriodicTimer(_options.KillEvery);
        for (var step = 0; step < steps; step++)
        {
            // Not before the work has gone on: on a busy machine a worker takes longer than that to start, and would be killed before it did anything.
            do
            {
                await pace.WaitForNextTickAsync(cancellationToken);
            }
            while (_model.Count < (double)step / steps * _options.Pictures / 2);

            if (RestartsBy(step + 1) > RestartsBy(step))
            {
                await _storage.RestartAsync(cancellationToken);
            }
            else
            {
                await _crew.KillOneAsync(random);
                await (step % 3 == 0 ? _sweeps.KillAsync() : Task.CompletedTask);
            }

            Say();
        }

        // in the middle of equal parts of the steps
        int RestartsBy(int step) => (int)(((double)step / steps * _options.StorageRestarts) + 0.5);
    }

    private async Task<bool> BecomesQuietAsync(CancellationToken cancellationToken)
    {
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        for (var said = _watch.Elapsed; _watch.Elapsed < _options.Limit;)
        {
            if (_sweeps.UpToDate == _options.Pictures && await _storage.IsEmptyAsync(cancellationToken))
            {
                return true;
            }

            await pace.WaitForNextTickAsync(cancellationToken);
            if (_watch.Elapsed - said > Pause)
            {
                said = _watch.Elapsed;
                Say();
            }
        }

        return false;
    }

    private void Say() => _say(
        $"{_watch.Elapsed.TotalSeconds,5:0} s  {_model.Count} model calls, {_proxy.Requests} storage requests, {_proxy.Spoiled} spoiled; {_crew.Killed} workers killed, " +
        $"{_crew.NeverStarted} not started; {_sweeps.Ended} sweeps, the last found {_sweeps.UpToDate} up to date");
}
