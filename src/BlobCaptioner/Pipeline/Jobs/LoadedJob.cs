using BlobCaptioner.Images;
using BlobCaptioner.Records;

namespace BlobCaptioner.Pipeline.Jobs;

/// <summary>What a look at a job's image and record shows.</summary>
internal abstract record LoadedJob
{
    private LoadedJob()
    {
    }

    /// <summary>The model can begin.</summary>
    /// <param name="Images">The prepared image, or those of a product.</param>
    /// <param name="Present">The record that lies there now; null for none.</param>
    public sealed record Ready(IReadOnlyList<PreparedImage> Images, StoredRecord? Present) : LoadedJob
    {
        /// <summary>The image of the same bytes that was prepared first; null where nobody noted it.</summary>
        public string? MadeFrom { get; init; }
    }

    /// <summary>A product's record is as good as a new one, but for its views' names or ETags.</summary>
    /// <param name="Record">The record with the views of now.</param>
    /// <param name="Present">The record that lies there.</param>
    public sealed record Refreshed(CaptionRecord Record, StoredRecord Present) : LoadedJob;

    /// <summary>There is nothing to do any more.</summary>
    /// <param name="Reason">Why, as a write would have said it.</param>
    public sealed record Over(RecordWrite Reason) : LoadedJob;

    /// <summary>The image had to be prepared again, and can't be.</summary>
    /// <param name="Error">Why.</param>
    /// <param name="RejectedBy">The preparation with the limits that turned it down; a sweep under the same limits leaves it alone.</param>
    public sealed record Unfit(RecordError Error, string RejectedBy) : LoadedJob;
}
