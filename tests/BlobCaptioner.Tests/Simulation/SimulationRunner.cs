using System.Diagnostics;
using System.Text;
using BlobCaptioner.Tests.Simulation.World;

namespace BlobCaptioner.Tests.Simulation;

/// <summary>Runs seeds one after another on several threads, and shows the first that breaks a rule.</summary>
internal sealed class SimulationRunner
{
    private const int ShrinkingRuns = 400;
    private const int MostLines = 160;

    private long _seeds;
    private long _steps;
    private long _requests;
    private long _calls;

    /// <summary>Seeds that were run.</summary>
    public long Seeds => _seeds;

    /// <summary>The first seed that failed, as a table; null while all hold.</summary>
    public string? Failure { get; private set; }

    /// <summary>Runs seeds until all are done, the time is up, or one fails.</summary>
    /// <param name="first">The first seed.</param>
    /// <param name="count">Most seeds.</param>
    /// <param name="time">Most time; a seed that has begun is finished.</param>
    /// <param name="threads">Threads, each with a run of its own.</param>
    public string Run(ulong first, long count, TimeSpan time, int threads)
    {
        var (watch, next, failed) = (Stopwatch.StartNew(), -1L, long.MaxValue);
        var workers = Enumerable.Range(0, threads).Select(_ => new Thread(() =>
        {
            while (watch.Elapsed < time && Interlocked.Read(ref failed) == long.MaxValue && Interlocked.Increment(ref next) is var index && index < count)
            {
                var world = new SimulatedWorld(WorldPlan.Draw(first + (ulong)index), keepsLog: false);
                if (world.Run() is not null)
                {
                    Interlocked.Exchange(ref failed, Math.Min(Interlocked.Read(ref failed), index));
                }

                Interlocked.Increment(ref _seeds);
                Interlocked.Add(ref _steps, world.Loop.Steps);
                Interlocked.Add(ref _requests, world.Loop.Requests);
                Interlocked.Add(ref _calls, world.Calls.All.Count);
            }
        })).ToList();
        workers.ForEach(w => w.Start());
        workers.ForEach(w => w.Join());
        var seconds = watch.Elapsed.TotalSeconds;
        if (failed != long.MaxValue)
        {
            Failure = Show(first + (ulong)failed).Text;
        }

        return $"{_seeds:N0} seeds from {first} in {seconds:0} s on {threads} threads: {_steps / seconds:N0} steps/s, {_requests:N0} requests, {_calls:N0} model calls.";
    }

    /// <summary>Runs one seed, shrinks it if it fails, and shows what happened, as a table.</summary>
    public static (string Text, bool Holds) Show(ulong seed)
    {
        var plan = WorldPlan.Draw(seed);
        var smallest = Shrinker.Shrink(plan, ShrinkingRuns);
        var world = new SimulatedWorld(smallest, keepsLog: true);
        var violation = world.Run();
        var text = new StringBuilder();
        text.AppendLine(violation is null
            ? $"Seed {seed} holds."
            : $"Seed {seed} breaks '{violation.Kind}' after {violation.At:hh\\:mm\\:ss}: {violation.What}");
        text.AppendLine($"Shrunk from {plan.Actions.Count} to {smallest.Actions.Count} actions and {smallest.Faults?.Count ?? 0} faults{(smallest.HasProducts ? ", with products" : "")}{(smallest.HasBallast ? ", the queue never empty" : "")}{(smallest.HasMeddling ? ", people act while the model works" : "")}.");
        text.AppendLine($"Again: dotnet run --project tests/BlobCaptioner.Tests -- simulate --seeds 1 --from {seed}");
        text.Append(world.Log.ToTable(MostLines));
        return (text.ToString(), violation is null);
    }
}
