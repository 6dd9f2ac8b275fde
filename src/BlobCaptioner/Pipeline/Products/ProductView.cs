using BlobCaptioner.Profiles;
using BlobCaptioner.Records;

namespace BlobCaptioner.Pipeline.Products;

/// <summary>One picture of a product.</summary>
/// <param name="Image">What a listing shows of it and its record.</param>
/// <param name="Resolved">What is to be written about it.</param>
internal sealed record ProductView(ListedImage Image, ResolvedProfile Resolved)
{
    /// <summary>True where a file of somebody else's lies in its record's place: it will never have one.</summary>
    public bool IsBlocked { get; init; }

    /// <summary>
    /// True where its end is on record for the bytes that lie there. What was turned down or given up counts under the settings that hold only: mended ones give it another
    /// chance. What was described can be shown whatever its text says.
    /// </summary>
    public bool IsSettled => IsBlocked
        || (Image.Receipt is { } receipt && receipt.SourceETag == Image.ETag && (receipt.Status == RecordStatus.Described || receipt.ProfileVersion == Resolved.Version));

    /// <summary>True where it can be shown to the model: it was turned down by nobody.</summary>
    public bool IsUsable => !IsBlocked && IsSettled && Image.Receipt!.Status == RecordStatus.Described;
}
