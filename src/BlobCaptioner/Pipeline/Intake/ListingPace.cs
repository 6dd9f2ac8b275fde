using System.Runtime.CompilerServices;

namespace BlobCaptioner.Pipeline.Intake;

/// <summary>
/// How long to wait between two listings of a container: ten times as long as the last whole one took, since a listing costs time and, in Azure, money. What its reader does
/// between two items does not count, or pictures that are slow to take in would delay those that come after them; neither does a listing that failed.
/// </summary>
public sealed class ListingPace(TimeProvider time)
{
    private const int Times = 10;

    private TimeSpan _took;

    /// <summary>Passes a listing on, and measures it.</summary>
    public async IAsyncEnumerable<T> MeasureAsync<T>(IAsyncEnumerable<T> listing, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var took = TimeSpan.Zero;
        await using var items = listing.GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            var began = time.GetTimestamp();
            var isThere = await items.MoveNextAsync();
            took += time.GetElapsedTime(began);
            if (!isThere)
            {
                _took = took;
                yield break;
            }

            yield return items.Current;
        }
    }

    /// <summary>How long to wait before the next listing.</summary>
    /// <param name="shortest">At least so long.</param>
    public TimeSpan Pause(TimeSpan shortest) => _took * Times > shortest ? _took * Times : shortest;
}
