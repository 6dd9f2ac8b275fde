using BlobCaptioner.Pipeline.Intake;
using BlobCaptioner.Pipeline.Jobs;
using BlobCaptioner.Pipeline.Sweeps;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;
using BlobCaptioner.Tests.Simulation.Scheduling;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Tests.Simulation.World;

/// <summary>The processes of a world: the page, sweeps, workers and Functions hosts.</summary>
internal sealed class Staff(SimulatedWorld world)
{
    private readonly List<Worker> _workers = [];
    private readonly List<FunctionHost> _hosts = [];
    private readonly ScriptedPreparer _preparer = new();
    private WebProcess? _web;
    private int _started;

    public static QueueLoopOptions QueueOptions { get; } = new()
    {
        MaxTries = SimulatedWorld.MaxTries,
        ModelTimeout = TimeSpan.FromMinutes(5),
        RetryDelay = TimeSpan.FromSeconds(5),
        MaxRetryDelay = TimeSpan.FromMinutes(2),
        MinPoll = TimeSpan.FromSeconds(1),
        MaxPoll = TimeSpan.FromSeconds(30),
    };

    public List<SimulatedProcess> All { get; } = [];

    /// <summary>Live workers and hosts that were not told to stop.</summary>
    public IReadOnlyList<Worker> Workers => _workers.FindAll(w => !w.Process.IsDead);

    public IReadOnlyList<FunctionHost> Hosts => _hosts.FindAll(h => !h.Process.IsDead);

    /// <summary>True where nobody has a job in hand.</summary>
    public bool IsIdle => Workers.All(w => w.Loop.InHand == 0 || w.IsOver) && Hosts.All(h => h.InHand == 0);

    /// <summary>The process that serves the page and events.</summary>
    public WebProcess Web
    {
        get
        {
            if (_web is null || _web.Process.IsDead)
            {
                var process = Hire("page");
                _web = new(process, IntakeOf(process), new(process.Storage));
            }

            return _web;
        }
    }

    public ImageIntake IntakeOf(SimulatedProcess process) =>
        new(process.Storage, _preparer, new() { Model = ScriptedModel.Identity }, process.Time, onEvent: null, world.ResolveAsync);

    public void StartWorker()
    {
        var process = Hire("worker");
        var loop = new CaptionQueueLoop(
            process.Storage, _preparer, new ScriptedModel(world, process), _ => world.Basis, QueueOptions, process.Time, onEvent: null, new CriticalLog(world, process.Name), world.ResolveAsync);
        var worker = new Worker(process, loop);
        _workers.Add(worker);
        _ = process.Start(async () =>
        {
            try
            {
                await loop.RunAsync(worker.Stop.Token, worker.Abort.Token);
            }
            catch (Exception error)
            {
                world.Violate("loop-ended", $"{process.Name} ended: {error}");
            }

            worker.IsOver = true;
            if (!worker.Stop.IsCancellationRequested)
            {
                world.Violate("loop-ended", $"{process.Name} ended without being told to.");
            }
        });
    }

    public void StartHost()
    {
        var process = Hire("host");
        var handler = new CaptionJobHandler(
            process.Storage, _preparer, new ScriptedModel(world, process), _ => world.Basis, QueueOptions, process.Time, onEvent: null, new CriticalLog(world, process.Name), world.ResolveAsync);
        var host = new FunctionHost(process, handler, new(IntakeOf(process)));
        _hosts.Add(host);
        _ = process.Start(host.RunAsync);
    }

    /// <summary>Sweeps once, in a process of its own.</summary>
    public void StartSweep(int parallelism, Action<SweepSummary?>? then = null)
    {
        var process = Hire("sweep");
        var basis = world.Basis;
        _ = process.Start(async () =>
        {
            SweepSummary? summary = null;
            try
            {
                summary = await new Sweep(IntakeOf(process)).RunAsync(new() { Profile = basis, Parallelism = parallelism }, CancellationToken.None);
            }
            catch (Exception error)
            {
                world.Note(process.Name, $"ends with {error.GetType().Name}: {error.Message.Split('\n')[0]}");
                if (!StorageOutage.IsTransient(error, CancellationToken.None) && error is not Azure.RequestFailedException { Status: 403 })
                {
                    world.Violate("sweep-ended", $"{process.Name} ended: {error}");
                }
            }

            if (summary is not null)
            {
                world.Note(process.Name, $"ends: enqueued {summary.Enqueued}, in flight {summary.InFlight}, resent {summary.Resent}, errors {summary.Errors}");
            }

            then?.Invoke(summary);
        });
    }

    private SimulatedProcess Hire(string role)
    {
        var name = $"{role} {++_started}";
        var dice = world.Loop.Dice.Of($"skew {name}");
        var skew = dice.Below(4) switch { 0 => TimeSpan.FromMinutes(dice.Below(20) - 10), 1 => TimeSpan.FromHours(dice.Below(48) - 24), _ => TimeSpan.Zero };
        var process = new SimulatedProcess(world.Loop, name, skew, world.Names);
        All.Add(process);
        world.Note(name, skew == TimeSpan.Zero ? "starts" : $"starts, clock off by {skew}");
        return process;
    }

    /// <summary>The handler's own failures are bugs.</summary>
    private sealed class CriticalLog(SimulatedWorld world, string who) : ILogger<CaptionQueueLoop>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel == LogLevel.Critical;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel == LogLevel.Critical)
            {
                world.Violate("handler-failed", $"{who}: {formatter(state, exception)} {exception}");
            }
        }
    }
}

/// <summary>The process of the page: it takes events in, has records redone, and keeps edits.</summary>
internal sealed record WebProcess(SimulatedProcess Process, ImageIntake Intake, CaptionStore Store);

/// <summary>A worker's process.</summary>
internal sealed class Worker(SimulatedProcess process, CaptionQueueLoop loop)
{
    public SimulatedProcess Process => process;

    public CaptionQueueLoop Loop => loop;

    public CancellationTokenSource Stop { get; } = new();

    public CancellationTokenSource Abort { get; } = new();

    public bool IsOver { get; set; }
}
