using Azure;
using Azure.Core;
using Azure.Identity;
using BlobCaptioner.Tests.Simulation.Store;

namespace BlobCaptioner.Tests.Simulation.Scheduling;

/// <summary>A request on its way. Its task ends on the loop's thread, and takes the SDK's continuations along.</summary>
internal sealed class PendingRequest(SimulatedProcess process, HttpMessage message, int ordinal) : TaskCompletionSource
{
    private bool _isAbandoned;

    public SimulatedProcess Process { get; } = process;

    public StoreRequest Request { get; } = (StoreRequest)message.Request;

    /// <summary>Its number in its process, from 0.</summary>
    public int Ordinal { get; } = ordinal;

    /// <summary>Dice of this request only.</summary>
    public Dice Dice { get; } = process.Dice.Of((ulong)ordinal);

    public RequestFate Fate { get; set; }

    /// <summary>Storage's answer; null until it has one.</summary>
    public StoreResponse? Answer { get; private set; }

    /// <summary>The answer's status, 0 without one.</summary>
    public int Status => Answer?.Status ?? 0;

    /// <summary>Its caller gave up. On half of the occasions it never reaches storage.</summary>
    public void Cancel(SimulationLoop loop, CancellationToken cancellationToken)
    {
        if (!loop.IsHere($"a cancellation in {Process.Name}"))
        {
            return;
        }

        _isAbandoned = Answer is null && Dice.Chance(0.5);
        loop.At(loop.Now, () =>
        {
            if (!Process.IsDead)
            {
                TrySetCanceled(cancellationToken);
            }
        });
    }

    /// <summary>It reaches storage.</summary>
    public void Arrive(SimulationLoop loop)
    {
        if (Process.IsDead && Fate.Fault == Fault.None && Dice.Chance(0.5))
        {
            // half of what a process had sent when it died is lost with it
            return;
        }

        if (_isAbandoned)
        {
            return;
        }

        Answer = Fate.Fault switch
        {
            Fault.Forbidden => StoreResponse.Error(403, "AuthorizationFailure", "This request is not authorized to perform this operation."),
            Fault.Busy => StoreResponse.Error(503, "ServerBusy", "The server is busy."),
            Fault.CutBefore or Fault.SignIn or Fault.DieBefore => null,
            _ => loop.Store.Answer(Request),
        };
        loop.Note(this);
        loop.OnApplied?.Invoke(this);
        if (Fate.Fault is Fault.DieBefore or Fault.DieAfter)
        {
            Process.Kill();
        }

        loop.At(loop.Now + (Fate.Fault == Fault.Silent ? Process.NetworkTimeout : Fate.Back), new RequestEnds(loop, this));
    }

    /// <summary>Its process hears of it.</summary>
    public void End(SimulationLoop loop)
    {
        loop.OnEnded?.Invoke(this);
        if (Process.IsDead || Task.IsCompleted)
        {
            return;
        }

        switch (Fate.Fault)
        {
            case Fault.CutBefore or Fault.CutAfter:
                TrySetException(new RequestFailedException("The connection was cut.", new HttpRequestException(HttpRequestError.ResponseEnded, "The response ended prematurely.")));
                break;
            case Fault.Silent:
                TrySetException(new TaskCanceledException("The operation was cancelled because it exceeded the configured timeout."));
                break;
            case Fault.SignIn:
                TrySetException(new AuthenticationFailedException("The identity endpoint didn't answer."));
                break;
            default:
                message.Response = Answer!;
                TrySetResult();
                break;
        }
    }
}

/// <summary>A request reaches storage.</summary>
internal sealed class RequestArrives(SimulationLoop loop, PendingRequest request) : LoopEvent
{
    public override void Happen() => request.Arrive(loop);
}

/// <summary>A request's end reaches its process.</summary>
internal sealed class RequestEnds(SimulationLoop loop, PendingRequest request) : LoopEvent
{
    public override void Happen() => request.End(loop);
}
