using System.CommandLine;
using BlobCaptioner.Pipeline.Jobs;
using BlobCaptioner.Validation;

namespace BlobCaptioner.Cli.Commands;

/// <summary>Options of the queue loop, for tuning and tests. Help does not show them.</summary>
internal sealed class LoopArguments : OptionGroup
{
    private static readonly QueueLoopOptions Defaults = new();

    private readonly Option<double> _lease = Seconds("--lease-seconds", "Lease of a job that its worker does not renew.", Defaults.Lease);
    private readonly Option<double> _retry = Seconds("--retry-seconds", "Delay before a picture's second try.", Defaults.RetryDelay);
    private readonly Option<double> _poll = Seconds("--poll-seconds", "Longest delay between two polls of an empty queue; 0 for the shortest there is, 0.1.", TimeSpan.FromSeconds(1));

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

    /// <summary>The chosen settings.</summary>
    /// <exception cref="UsageException">A value is out of its range.</exception>
    public QueueLoopOptions Read(ParseResult parse)
    {
        var options = new QueueLoopOptions
        {
            Lease = TimeSpan.FromSeconds(parse.GetValue(_lease)),
            RetryDelay = TimeSpan.FromSeconds(parse.GetValue(_retry)),
            MaxPoll = parse.GetValue(_poll) is var poll and not 0 ? TimeSpan.FromSeconds(poll) : Defaults.MinPoll,
            MaxTries = parse.GetValue(_tries),
            Prefetch = parse.GetValue(_prefetch),
        };
        var problems = new QueueLoopOptionsValidator().Problems(options, NameOf);
        return problems.Count == 0 ? options : throw new UsageException(string.Join(' ', problems));
    }

    private string NameOf(string property) => property switch
    {
        nameof(QueueLoopOptions.Lease) => _lease.Name,
        nameof(QueueLoopOptions.RetryDelay) => _retry.Name,
        nameof(QueueLoopOptions.MaxPoll) => _poll.Name,
        nameof(QueueLoopOptions.MaxTries) => _tries.Name,
        _ => _prefetch.Name,
    };

    private static Option<double> Seconds(string name, string description, TimeSpan value) => new(name)
    {
        Description = description,
        Hidden = true,
        DefaultValueFactory = _ => value.TotalSeconds,
    };
}
