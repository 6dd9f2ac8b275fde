namespace BlobCaptioner.Web.Api;

/// <summary>What became of a redo.</summary>
/// <param name="Enqueued">Jobs in the queue now.</param>
/// <param name="InFlight">In the queue before.</param>
/// <param name="NotThere">Names that are no picture's any more.</param>
public sealed record RedoResult(long Enqueued, long InFlight, long NotThere);
