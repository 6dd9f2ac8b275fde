using Azure;
using Azure.Storage.Blobs.Models;

namespace BlobCaptioner.Storage;

/// <summary>What a refusal of a conditional write means. All of them have the status 409 or 412, but only some of them pass by reading again.</summary>
internal static class BlobConflict
{
    /// <summary>True where the blob is not what was read before: read it again.</summary>
    public static bool IsConflict(this RequestFailedException error) =>
        error.Status is 409 or 412 && (error.ErrorCode is null || error.ErrorCode == BlobErrorCode.ConditionNotMet || error.ErrorCode == BlobErrorCode.BlobAlreadyExists);

    /// <summary>True where the blob can't be written for as long as another program leases it, or a policy keeps it.</summary>
    public static bool IsLocked(this RequestFailedException error) =>
        error.ErrorCode == BlobErrorCode.LeaseIdMissing || error.ErrorCode == BlobErrorCode.BlobImmutableDueToPolicy;
}
