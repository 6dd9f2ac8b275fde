using Azure.Core;
using Azure.Core.Pipeline;
using BlobCaptioner.Storage;
using BlobCaptioner.Tests.Simulation.Store;

namespace BlobCaptioner.Tests.Simulation.Scheduling;

/// <summary>A process of a simulated run: a scheduler, a clock and a connection of its own. A dead one runs no task, fires no timer and hears of no request.</summary>
internal sealed class SimulatedProcess : TaskScheduler
{
    private readonly SimulationLoop _loop;
    private readonly Random _jitter;
    private int _requests;

    /// <param name="loop">The run.</param>
    /// <param name="name">Its name; also names its dice.</param>
    /// <param name="skew">How far its wall clock is ahead of storage's.</param>
    /// <param name="options">Storage options; null takes the defaults.</param>
    public SimulatedProcess(SimulationLoop loop, string name, TimeSpan skew = default, StorageOptions? options = null)
    {
        (_loop, Name, Dice) = (loop, name, loop.Dice.Of(name));
        _jitter = new((int)(Dice.Of("jitter").Next() >> 33));
        NetworkTimeout = (options ?? new()).NetworkTimeout;
        Time = new ProcessTime(loop, this, skew);
        Storage = SimulatedStore.Connect(new Transport(this), options);
    }

    public string Name { get; }

    public Dice Dice { get; }

    public TimeProvider Time { get; }

    public CaptionStorage Storage { get; }

    public TimeSpan NetworkTimeout { get; }

    public bool IsDead { get; private set; }

    public override int MaximumConcurrencyLevel => 1;

    /// <summary>Ends it as SIGKILL does.</summary>
    public void Kill() => IsDead = true;

    /// <summary>Starts work in it.</summary>
    public Task Start(Func<Task> work) => Task.Factory.StartNew(
        () =>
        {
            Jitter.Use(_jitter);
            return work();
        },
        CancellationToken.None,
        TaskCreationOptions.DenyChildAttach,
        this).Unwrap();

    /// <summary>Does something in it at once, such as cancelling a token.</summary>
    public void Do(Action work) => _ = Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, this);

    public void Execute(Task task) => TryExecuteTask(task);

    protected override void QueueTask(Task task) => _loop.Queue(this, task);

    // every continuation goes through the seeded queue
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks() => [];

    private sealed class Transport(SimulatedProcess process) : HttpPipelineTransport
    {
        public override Request CreateRequest() => new StoreRequest();

        public override void Process(HttpMessage message) => throw new NotSupportedException("A synchronous request would block the loop.");

        public override ValueTask ProcessAsync(HttpMessage message)
        {
            if (!process._loop.IsHere($"a request of {process.Name}"))
            {
                return new(new TaskCompletionSource().Task);
            }

            var cancellation = message.CancellationToken;
            if (cancellation.IsCancellationRequested)
            {
                return ValueTask.FromCanceled(cancellation);
            }

            ((StoreRequest)message.Request).Send();
            var pending = new PendingRequest(process, message, process._requests++);
            if (cancellation.CanBeCanceled)
            {
                cancellation.UnsafeRegister(static (state, token) => ((PendingRequest)state!).Cancel(((PendingRequest)state).Process._loop, token), pending);
            }

            process._loop.Submit(pending);
            return new(pending.Task);
        }
    }
}
