using BlobCaptioner.Captioning;

namespace BlobCaptioner.Inference.Batching;

/// <summary>A submitted picture on its way through the encode thread and the decode thread.</summary>
internal sealed class PictureWork(PictureRequest request, long submittedAt)
{
    // Callers must not run on the decode thread.
    private readonly TaskCompletionSource<Caption> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public PictureRequest Request => request;

    public long SubmittedAt => submittedAt;

    /// <summary>Set by the encode thread before the decode thread sees the work.</summary>
    public IReadOnlyList<EncodedImage>? Encoded { get; set; }

    /// <summary>Image tokens of all its pictures, and text tokens between them.</summary>
    public int ImageTokens => Encoded!.Sum(i => i.TokenCount) + ((Encoded!.Count - 1) * request.Plan.BetweenImages.Count);

    /// <summary>Places of the encode thread's that it takes, one for each picture.</summary>
    public int Places { get; set; }

    public TimeSpan EncodeTime { get; set; }

    /// <summary>True where no picture of it went through the vision tower.</summary>
    public bool IsEncodingReused { get; set; }

    public Task<Caption> Task => _completion.Task;

    /// <summary>True once the caller has an answer, an error or has given up.</summary>
    public bool IsDone => _completion.Task.IsCompleted;

    public bool TryComplete(Caption caption) => _completion.TrySetResult(caption);

    public bool TryFail(Exception error) => _completion.TrySetException(error);

    public bool TryCancel(CancellationToken token) => _completion.TrySetCanceled(token);
}
