using System.Globalization;

namespace BlobCaptioner.Tests.Chaos;

/// <summary>What a run did and what was found afterwards.</summary>
internal sealed record ChaosReport
{
    /// <summary>Pictures.</summary>
    public required int Pictures { get; init; }

    /// <summary>Workers killed, and how many model calls they had open.</summary>
    public required (int Workers, int OpenCalls) Killed { get; init; }

    /// <summary>Sweeps that ended by themselves and that were killed.</summary>
    public required (int Ended, int Killed) Sweeps { get; init; }

    /// <summary>Workers that ended by themselves, since storage was away while they started.</summary>
    public required int NeverStarted { get; init; }

    /// <summary>Restarts of Azurite.</summary>
    public required int StorageRestarts { get; init; }

    /// <summary>Storage requests: all, spoiled, without an Azurite to reach.</summary>
    public required (int All, int Spoiled, int Unreached) Requests { get; init; }

    /// <summary>The spoiled requests by kind.</summary>
    public required string Kinds { get; init; }

    /// <summary>Model calls: all, and those beyond one a picture.</summary>
    public required (int All, int Repeated) Calls { get; init; }

    /// <summary>Leases of tickets that ran out, by storage's clock.</summary>
    public required int LeasesRunOut { get; init; }

    /// <summary>Pictures without a record that says <c>described</c>.</summary>
    public required int Lost { get; init; }

    /// <summary>Pictures with more model calls than one and the leases that ran out.</summary>
    public required int Twice { get; init; }

    /// <summary>What the next sweep enqueued, and what it found up to date.</summary>
    public required (long Enqueued, long UpToDate) NextSweep { get; init; }

    /// <summary>How long the pictures took, the checks afterwards left out.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Each promise that was broken, and what kept the run from proving anything.</summary>
    public required IReadOnlyList<string> Problems { get; init; }

    /// <summary>True if each promise held.</summary>
    public bool HasHeld => Problems.Count == 0 && (Lost, Twice) == (0, 0) && NextSweep == (0, Pictures);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"""
        pictures            {Pictures} in {Elapsed.TotalSeconds:0} s
        killed              {Killed.Workers} workers with {Killed.OpenCalls} model calls open, {Sweeps.Killed} sweeps
        storage restarts    {StorageRestarts}, {NeverStarted} workers could not start meanwhile
        storage requests    {Requests.All}, {Requests.Spoiled} spoiled ({Kinds}), {Requests.Unreached} met no storage
        model calls         {Calls.All}, {Calls.Repeated} beyond one a picture; {LeasesRunOut} leases ran out
        lost                {Lost}
        described twice     {Twice} beyond leases that ran out
        next sweep          {NextSweep.Enqueued} enqueued, {NextSweep.UpToDate} up to date, after {Sweeps.Ended} whole sweeps
        problems            {(Problems.Count == 0 ? "none" : string.Join("\n                    ", Problems))}
        """);
}
