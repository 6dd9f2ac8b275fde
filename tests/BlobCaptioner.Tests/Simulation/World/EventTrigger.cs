using Azure;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Intake;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Tests.Simulation.World;

/// <summary>
/// The triggers of the intake as a platform runs them: an event is delivered until its function returns, and so is a message of the intake's queue. Holds: an event whose
/// function returned needs no sweep, unless its message was lost.
/// </summary>
internal sealed class EventTrigger(SimulatedWorld world)
{
    private const int MostDeliveries = 5;
    private static readonly TimeSpan Redelivery = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Hidden = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LongestCalm = TimeSpan.FromMinutes(90);
    private static readonly IntakeRetryOptions Options = new() { MaxDelay = TimeSpan.FromMinutes(2) };

    private readonly List<AcknowledgedEvent> _acknowledged = [];
    private bool _isPolling;

    /// <summary>True once messages of the queue were lost: some pictures now wait for a sweep.</summary>
    public bool HasLostMessages { get; set; }

    /// <summary>Delivers an event.</summary>
    /// <param name="name">The picture.</param>
    /// <param name="number">Deliveries of this event, this one included.</param>
    public void Deliver(string name, int number = 1)
    {
        var (web, basis, epoch, etag, isOver) = (world.Staff.Web, world.Basis, world.Pictures.EpochOf(name), ETagOf(name), false);
        _ = web.Process.Start(async () =>
        {
            try
            {
                CheckExpected(await new IntakeRetry(web.Intake, Options).IngestAsync(name, basis, CancellationToken.None));
                isOver = true;
                _acknowledged.Add(new(name, etag, epoch));
            }
            catch (AggregateException error)
            {
                CheckExpected(error);
            }
        });
        world.Loop.At(world.Loop.Now + Redelivery, () =>
        {
            if (!isOver && number < MostDeliveries && !world.IsHealing)
            {
                Deliver(name, number + 1);
            }
        });
        if (!_isPolling)
        {
            _isPolling = true;
            Poll();
        }
    }

    /// <summary>Gives what was acknowledged time to end without a sweep, then looks at it.</summary>
    public void CheckWithoutSweep()
    {
        var until = world.Loop.Now + LongestCalm;
        while (world.Loop.Now < until && world.Violation is null && FindUnsettled() is not null)
        {
            world.Loop.Run(world.Loop.Now + TimeSpan.FromMinutes(1), () => world.Violation is not null);
        }

        if (FindUnsettled() is { } unsettled)
        {
            world.Violate("event-lost", $"The event of '{unsettled.Name}', version {unsettled.ETag}, was acknowledged, but without a sweep the picture got {(world.Tickets.Find(unsettled.Name) is null ? "neither ticket nor record" : "no record")}.");
        }
    }

    // Storage's eyes, so that an empty queue takes no requests.
    private void Poll()
    {
        if (world.Loop.Store.Queues.All(world.Names.IntakeQueue).Any(m => m.VisibleAt <= world.Loop.Now))
        {
            var (web, basis) = (world.Staff.Web, world.Basis);
            _ = web.Process.Start(async () =>
            {
                try
                {
                    var queue = web.Process.Storage.Intake;
                    foreach (var message in (await queue.ReceiveMessagesAsync(1, Hidden)).Value)
                    {
                        CheckExpected(await new IntakeRetry(web.Intake, Options).RetryAsync(message.Body.ToString(), message.DequeueCount, basis, CancellationToken.None));
                        await queue.DeleteMessageAsync(message.MessageId, message.PopReceipt);
                    }
                }
                catch (Exception error) when (error is not NotSupportedException)
                {
                    CheckExpected(error);
                }
            });
        }

        world.Loop.At(world.Loop.Now + TimeSpan.FromSeconds(30), Poll);
    }

    private AcknowledgedEvent? FindUnsettled() => _acknowledged.Find(e =>
        e.ETag is not null && e.ETag == ETagOf(e.Name) && e.Epoch == world.Pictures.EpochOf(e.Name) && world.Pictures.RecordedVersion(e.Name) != e.ETag && !IsExcused(e.Name));

    // A ticket without message or with one that a platform gave up is a sweep's.
    private bool IsExcused(string name) => world.Tickets.Find(name) is not null
        && (HasLostMessages || world.Loop.Store.Queues.All(world.Names.PoisonQueue).Any(m => CaptionMessage.TryParse(m.Text, out var hint, out _) && hint!.Name == name));

    private string? ETagOf(string name) => world.Loop.Store.Blobs.Find(world.Names.ImagesContainer, name)?.ETag;

    private void CheckExpected(IntakeAttempt attempt)
    {
        if (attempt.Problem is { } problem)
        {
            CheckExpected(problem);
        }
    }

    private void CheckExpected(Exception error)
    {
        foreach (var inner in error is AggregateException all ? all.InnerExceptions : [error])
        {
            if (!StorageOutage.IsTransient(inner, CancellationToken.None) && inner is not RequestFailedException { Status: 403 })
            {
                world.Violate("intake-failed", inner.ToString());
            }
        }
    }

    /// <summary>An event whose function returned.</summary>
    private sealed record AcknowledgedEvent(string Name, string? ETag, int Epoch);
}
