using System.CommandLine;
using BlobCaptioner.Pipeline.Jobs;

namespace BlobCaptioner.Cli.Commands;

/// <summary>How the queue is worked; for those who tune and for tests, so help does not show them.</summary>
internal sealed class LoopArguments
{
    private static readonly QueueLoopOptions Defaults = new();

    private readonly Option<double> _lease = Seconds("--lease-seconds", "How long a job belongs to its worker without a sign of life.", Defaults.Lease);
    private readonly Option<double> _retry = Seconds("--retry-seconds", "Wait before a picture's second try.", Defaults.RetryDelay);
    private readonly Option<double> _poll = Seconds("--poll-seconds", "Longest wait between two looks into an empty queue.", TimeSpan.FromSeconds(1));

    private readonly Option<int> _tries = new("--tries")
    {
        Description = "How often a picture is begun before it is given up.",
        Hidden = true,
        DefaultValueFactory = _ => Defaults.MaxTries,
    };

    private readonly Option<int?> _prefetch = new("--prefetch")
    {
        Description = "Jobs taken beyond the slots.",
        Hidden = true,
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_lease);
        command.Add(_retry);
        command.Add(_poll);
        command.Add(_tries);
        command.Add(_prefetch);
    }

    /// <summary>What was chosen; the loop checks the ranges.</summary>
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
