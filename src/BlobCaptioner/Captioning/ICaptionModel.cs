namespace BlobCaptioner.Captioning;

/// <summary>The seam above the engine: a prepared image and a profile in, product copy out. Many callers at once.</summary>
public interface ICaptionModel
{
    /// <summary>What writes the copy, for fingerprints and receipts.</summary>
    CaptionModelInfo Info { get; }

    /// <summary>How many pictures can be worked on at once with profit; a queue worker takes this many and a few more.</summary>
    int Concurrency { get; }

    /// <summary>Writes the copy for one picture.</summary>
    /// <param name="image">The prepared image, as it lies in storage.</param>
    /// <param name="profile">What to write.</param>
    /// <param name="cancellationToken">Gives the picture up; others go on.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="CaptionException">The model could not describe this picture; says whether another try makes sense.</exception>
    Task<Caption> DescribeAsync(PreparedImage image, Profile profile, CancellationToken cancellationToken);
}
