using System.CommandLine;
using BlobCaptioner.Pipeline.Jobs;

namespace BlobCaptioner.Cli.Commands;

/// <summary>Options of the queue loop, for tuning and tests. Help does not show them.</summary>
internal sealed class LoopArguments : OptionGroup
{
    private static readonly QueueLoopOptions Defaults = new();

    private readonly Option<double> _lease = Seconds("--lease-seconds", "Lease of a job that its worker does not renew.", Defaults.Lease);
    private readonly Option<double> _retry = Seconds("--retry-seconds", "Delay before a picture's second try.", Defaults.RetryDelay);
    private readonly Option<double> _poll = Seconds("--poll-seconds", "Longest delay between two polls of an empty queue.", TimeSpan.FromSeconds(1));

    private readonly Option<int> _tries = new("--tries")
    {
        Description = "Tries before a picture fails.",
        Hidden = true,
        DefaultValueFactory = _ => Defaults.MaxTries,
    };

    private readonly Option<int?> _prefetch = new("--prefetch")
    {
        Description = "Jobs taken in addition to the slots.",
        Hidden = true,
    };

    /// <inheritdoc/>
    public override void AddTo(Command command)
    {
        command.AddAll(_lease, _retry, _poll, _tries, _prefetch);
    }

    /// <summary>The chosen settings. The loop checks their ranges.</summary>
    public QueueLoopOptions Read(ParseResult parse) => new()
    {
        Lease = TimeSpan.FromSeconds(parse.GetValue(_lease)),
        RetryDelay = TimeSpan.FromSeconds(parse.GetValue(_retry)),
        MaxPoll = TimeSpan.FromSeconds(parse.GetValue(_poll)),
        MaxTries = parse.GetValue(_tries),
        Prefetch = parse.GetValue(_prefetch),
    };

    private static Option<double> Seconds(string name, string description, TimeSpan value) => new(name)
    {
        Description = description,
        Hidden = true,
        DefaultValueFactory = _ => value.TotalSeconds,
    };
}
