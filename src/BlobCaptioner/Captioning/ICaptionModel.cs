namespace BlobCaptioner.Captioning;

/// <summary>The seam above the engine: prepared images and a profile in, product copy out. Many callers at once.</summary>
public interface ICaptionModel
{
    /// <summary>What writes the copy, for fingerprints and receipts.</summary>
    CaptionModelInfo Info { get; }

    /// <summary>How many pictures can be worked on at once with profit; a queue worker takes this many and a few more.</summary>
    int Concurrency { get; }

    /// <summary>Writes the copy for one product.</summary>
    /// <param name="request">Its pictures, the profile and the catalogue's facts.</param>
    /// <param name="cancellationToken">Gives the request up; others go on.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="CaptionException">The model could not describe this picture; says whether another try makes sense.</exception>
    Task<Caption> DescribeAsync(CaptionRequest request, CancellationToken cancellationToken);
}
