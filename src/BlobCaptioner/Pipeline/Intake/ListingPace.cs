using System.Runtime.CompilerServices;

namespace BlobCaptioner.Pipeline.Intake;

/// <summary>
/// The wait between two listings of a container: ten times as long as the last complete one took, since a listing costs time and, in Azure, money. The time that the
/// reader spends between two items does not count: otherwise slow images would delay the next listing. A failed listing does not count either.
/// </summary>
public sealed class ListingPace(TimeProvider time)
{
    private const int Times = 10;

    private TimeSpan _took;

    /// <summary>Passes a listing on and measures its time.</summary>
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

    /// <summary>The wait before the next listing.</summary>
    /// <param name="shortest">The shortest wait.</param>
    public TimeSpan Pause(TimeSpan shortest) => _took * Times > shortest ? _took * Times : shortest;
}
