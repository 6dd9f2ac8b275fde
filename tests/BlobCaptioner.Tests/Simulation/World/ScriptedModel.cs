using BlobCaptioner.Captioning;
using BlobCaptioner.Tests.Simulation.Scheduling;

namespace BlobCaptioner.Tests.Simulation.World;

/// <summary>A model that takes time, fails or hangs as the seed says. Each text names the call that wrote it.</summary>
internal sealed class ScriptedModel(SimulatedWorld world, SimulatedProcess process) : ICaptionModel
{
    public static CaptionModelInfo Identity { get; } = new("scripted", "scripted-hash", "simulation");

    public CaptionModelInfo Info => Identity;

    public int Concurrency => 2;

    public async Task<Caption> DescribeAsync(CaptionRequest request, CancellationToken cancellationToken)
    {
        var call = world.Calls.Begin(process, request);
        var dice = process.Dice.Of($"call {call.Name} {call.Nth}");
        var trouble = world.TakeTrouble(call.Name);
        var duration = Duration(dice);
        world.Meddle(call, dice, trouble == ModelTrouble.Hangs ? Staff.QueueOptions.ModelTimeout : duration);
        try
        {
            if (trouble == ModelTrouble.Hangs)
            {
                // the half that honours its token, and the half that doesn't
                await (dice.Chance(0.5) ? new TaskCompletionSource().Task : Task.Delay(Timeout.InfiniteTimeSpan, process.Time, cancellationToken));
            }

            await Task.Delay(duration, process.Time, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            call.End(CallEnd.Cancelled);
            throw;
        }

        if (trouble == ModelTrouble.Fails)
        {
            call.End(CallEnd.Failed);
            throw dice.Below(4) switch
            {
                0 => new InvalidOperationException("The model failed."),
                1 => new CaptionException("too-odd", "The picture is too odd.", "Take another one.", retry: true) { IsFinal = true },
                _ => new CaptionException("model-busy", "The model failed.", "Nothing.", retry: true),
            };
        }

        call.End(CallEnd.Answered);
        return new()
        {
            Fields = [.. request.Profile.Fields.Select(f => new CaptionField(f.Name, call.TextOf(f.Name), f.IsAttribute ? 0.9 : null))],
            Flags = [],
            Usage = new(),
        };
    }

    private static TimeSpan Duration(Dice dice) => dice.Below(20) switch
    {
        < 13 => dice.Between(TimeSpan.FromSeconds(0.2), TimeSpan.FromSeconds(4)),
        < 18 => dice.Between(TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(50)),
        _ => dice.Between(TimeSpan.FromSeconds(50), TimeSpan.FromSeconds(200)),
    };
}

/// <summary>What the model does to a picture next.</summary>
internal enum ModelTrouble
{
    None,
    Fails,
    Hangs,
}
