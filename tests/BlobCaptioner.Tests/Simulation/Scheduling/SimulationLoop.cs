using System.Diagnostics;
using BlobCaptioner.Tests.Simulation.Store;
using Microsoft.Extensions.Time.Testing;

namespace BlobCaptioner.Tests.Simulation.Scheduling;

/// <summary>
/// The one thread of a simulated run. It takes ready tasks in seeded order; when there are none, it moves the clock to the next event: a timer, a request that reaches storage,
/// an answer that reaches its process. Nothing else moves, so a seed gives the same run every time.
/// </summary>
/// <remarks>
/// Code under test runs as tasks of its process's <see cref="TaskScheduler"/>, which its awaits capture. The SDK's awaits capture nothing: their continuations run inline when
/// the loop completes a request. Whatever reaches the loop from another thread has escaped to the thread pool, and fails the run.
/// </remarks>
internal sealed class SimulationLoop
{
    private readonly List<(SimulatedProcess Process, Task Task)> _ready = [];
    private readonly PriorityQueue<LoopEvent, (long Ticks, ulong Tie)> _events = new();
    private readonly FakeTimeProvider _clock;
    private readonly Dice _order;
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private volatile Exception? _escape;

    /// <summary>Creates it for the calling thread.</summary>
    /// <param name="dice">The seed.</param>
    /// <param name="start">Storage's time at the start.</param>
    public SimulationLoop(Dice dice, DateTimeOffset start)
    {
        Dice = dice;
        _order = dice.Of("order");
        _clock = new(start);
        Store = new(_clock, dice.Of("store"));
    }

    public Dice Dice { get; }

    public SimulatedStore Store { get; }

    /// <summary>Storage's clock. Only the loop moves it.</summary>
    public TimeProvider Clock => _clock;

    public DateTimeOffset Now => _clock.GetUtcNow();

    /// <summary>Tasks and events so far.</summary>
    public long Steps { get; private set; }

    /// <summary>Requests that storage has applied or refused so far.</summary>
    public long Requests { get; private set; }

    /// <summary>A number that two runs share only if they took the same steps.</summary>
    public ulong Trace { get; private set; } = 14695981039346656037;

    /// <summary>What each request meets; without it, each is answered within milliseconds.</summary>
    public Func<PendingRequest, RequestFate>? Fate { get; set; }

    /// <summary>Called after each request that storage has applied or refused.</summary>
    public Action<PendingRequest>? OnApplied { get; set; }

    /// <summary>Called when a request's story has ended: answered, cut, or abandoned by a process that died.</summary>
    public Action<PendingRequest>? OnEnded { get; set; }

    /// <summary>Runs until nothing is left to do, the time is reached, or the condition holds, which is asked when no task is ready.</summary>
    /// <param name="until">Storage's time at which it stops at the latest.</param>
    /// <param name="done">Stops earlier; null for never.</param>
    /// <returns>False where neither tasks nor events are left.</returns>
    /// <exception cref="SimulationEscapeException">Code under test ran on another thread.</exception>
    public bool Run(DateTimeOffset until, Func<bool>? done = null)
    {
        while (true)
        {
            if (_escape is { } escape)
            {
                throw escape;
            }

            if (_ready.Count > 0)
            {
                RunTask(_order.Below(_ready.Count));
                continue;
            }

            if (done?.Invoke() == true)
            {
                return true;
            }

            if (!_events.TryPeek(out _, out var at))
            {
                return false;
            }

            if (at.Ticks > until.UtcTicks)
            {
                Move(until.UtcTicks);
                return true;
            }

            var next = _events.Dequeue();
            Move(at.Ticks);
            Steps++;
            next.Happen();
        }
    }

    /// <summary>Puts an event on the clock; events of one moment happen in seeded order.</summary>
    public void At(DateTimeOffset time, LoopEvent what) => _events.Enqueue(what, (Math.Max(time.UtcTicks, Now.UtcTicks), _order.Next()));

    /// <summary>Puts an action on the clock.</summary>
    public void At(DateTimeOffset time, Action what) => At(time, new ActionEvent(what));

    /// <summary>Takes a task of a process.</summary>
    public void Queue(SimulatedProcess process, Task task)
    {
        if (IsHere($"a task of {process.Name}") && !process.IsDead)
        {
            _ready.Add((process, task));
        }
    }

    /// <summary>Takes a request that a process has sent.</summary>
    public void Submit(PendingRequest request)
    {
        request.Fate = Fate?.Invoke(request) ?? RequestFate.Prompt(request.Dice);
        At(Now + request.Fate.There, new RequestArrives(this, request));
    }

    /// <summary>Notes what a request did, for <see cref="Trace"/>.</summary>
    public void Note(PendingRequest request)
    {
        Requests++;
        Trace = ((Trace ^ (ulong)Now.UtcTicks) * 1099511628211) ^ (ulong)request.Status ^ ((ulong)request.Request.Uri.Path.Length << 20) ^ ((ulong)request.Ordinal << 32);
    }

    /// <summary>False where the caller isn't on the loop's thread; the run then fails at its next step.</summary>
    public bool IsHere(string what)
    {
        if (Environment.CurrentManagedThreadId == _thread)
        {
            return true;
        }

        _escape ??= new SimulationEscapeException($"{what} came from another thread: the code that made it ran on the thread pool.\n{new StackTrace(1, fNeedFileInfo: false)}");
        return false;
    }

    private void RunTask(int index)
    {
        var (process, task) = _ready[index];
        _ready[index] = _ready[^1];
        _ready.RemoveAt(_ready.Count - 1);
        if (!process.IsDead)
        {
            Steps++;
            process.Execute(task);
        }
    }

    private void Move(long ticks)
    {
        if (ticks > Now.UtcTicks)
        {
            _clock.SetUtcNow(new(ticks, TimeSpan.Zero));
        }
    }
}

/// <summary>Something that happens at a moment.</summary>
internal abstract class LoopEvent
{
    public abstract void Happen();
}

/// <summary>An event of one line.</summary>
internal sealed class ActionEvent(Action what) : LoopEvent
{
    public override void Happen() => what();
}

/// <summary>Code under test left the seeded scheduler.</summary>
internal sealed class SimulationEscapeException(string message) : Exception(message);
