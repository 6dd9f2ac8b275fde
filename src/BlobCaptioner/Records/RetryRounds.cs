namespace BlobCaptioner.Records;

/// <summary>
/// When a sweep takes a failed record up by itself: where the failure was not the picture's, and after a wait that doubles with each round. The listing's metadata decides.
/// </summary>
/// <param name="First">The wait after the record was written; the next ones double it, up to <see cref="Longest"/>.</param>
/// <param name="Most">Rounds after which only <c>sweep --retry-failed</c> takes it up; 0 for none.</param>
public sealed record RetryRounds(TimeSpan First, int Most)
{
    private static readonly HashSet<string> NotThePictures = new(StringComparer.Ordinal) { "intake-failed", "undeliverable", "unknown-profile" };

    /// <summary>The longest wait between two rounds, unless the first is longer: 1 day.</summary>
    public static TimeSpan Longest { get; } = TimeSpan.FromDays(1);

    /// <summary>8 rounds, after 1, 2, 4, 8 and 16 hours and then once a day.</summary>
    public static RetryRounds Default { get; } = new(TimeSpan.FromHours(1), 8);

    /// <summary>True where it is time for the next round.</summary>
    /// <param name="receipt">The record's receipt out of a listing; any other is never due.</param>
    public bool IsDue(RecordReceipt receipt) => WaitFor(receipt) <= TimeSpan.Zero;

    /// <summary>The time until the next round, zero or less where it is due; null where no sweep takes the record up by itself.</summary>
    /// <param name="receipt">The record's receipt with its age.</param>
    public TimeSpan? WaitFor(RecordReceipt receipt) =>
        receipt is { Status: RecordStatus.Failed, Error: { } code, Age: { } age } && receipt.Rounds < Most && NotThePictures.Contains(code) ? WaitBefore(receipt.Rounds) - age : null;

    private TimeSpan WaitBefore(int round)
    {
        var doubled = First * Math.Pow(2, Math.Clamp(round, 0, 20));
        return doubled < Longest ? doubled : First > Longest ? First : Longest;
    }
}
