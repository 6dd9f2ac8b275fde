namespace BlobCaptioner.Cli.Reporting;

/// <summary>A run's end, for people.</summary>
internal static class SummaryText
{
    /// <summary>Two or three lines.</summary>
    public static IEnumerable<string> Lines(RunSummary summary)
    {
        yield return $"{summary.Described} described, {summary.Rejected} rejected, {summary.Failed} failed in {summary.Seconds:0.0} s; " +
            (summary.Products > 0 ? $"{summary.Products} products; " : "") +
            $"{summary.PicturesPerMinute:0} pictures/min, {summary.TokensPerSecond:0} tokens/s";
        if (summary.Store is { } store)
        {
            var other = store.Waiting + store.OutOfDate + store.Blocked;
            yield return $"The store holds {store.Images} pictures: {store.Described} described, {store.Rejected} rejected, {store.Failed} failed" +
                (other > 0 ? $", {store.Waiting + store.OutOfDate} to do, {store.Blocked} blocked." : ".");
            if (store.Products + store.ProductsFailed > 0)
            {
                yield return $"Products: {store.Products} described, {store.ProductsFailed} without copy.";
            }

            if (store.Rejected + store.Failed + store.ProductsFailed > 0)
            {
                yield return "The record beside each of those says why; 'captioner sweep --retry-failed' takes the failed ones up again.";
            }
        }
    }
}
