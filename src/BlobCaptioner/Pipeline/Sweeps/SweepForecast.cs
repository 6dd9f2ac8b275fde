namespace BlobCaptioner.Pipeline.Sweeps;

/// <summary>What a sweep would do. Every listed image is in exactly one of the other counts but those of products.</summary>
public sealed record SweepForecast
{
    /// <summary>Images in the listing.</summary>
    public long Listed { get; init; }

    /// <summary>Without a record: they would be prepared and enqueued, unless their job waits in the queue already.</summary>
    public long New { get; init; }

    /// <summary>The image was uploaded again; with the same bytes only its record would be refreshed.</summary>
    public long ImageChanged { get; init; }

    /// <summary>The profile, the folder's settings or the catalogue's facts changed.</summary>
    public long SettingsChanged { get; init; }

    /// <summary>It would be prepared otherwise, or a limit that turned it down was raised.</summary>
    public long PreparationChanged { get; init; }

    /// <summary>Another model would be asked; only where this process knows the model.</summary>
    public long ModelChanged { get; init; }

    /// <summary>Up to date, but asked for anew (<c>--force</c>).</summary>
    public long Forced { get; init; }

    /// <summary>Given up before, and to be tried again (<c>--retry-failed</c>).</summary>
    public long Retried { get; init; }

    /// <summary>In a folder whose settings are broken: they would be rejected.</summary>
    public long BrokenSettings { get; init; }

    /// <summary>Described and up to date.</summary>
    public long UpToDate { get; init; }

    /// <summary>Rejected before, for a reason that still holds.</summary>
    public long KnownRejected { get; init; }

    /// <summary>Given up before, and left alone.</summary>
    public long KnownFailed { get; init; }

    /// <summary>Products whose views have all ended and whose record is missing, out of date, or asked for anew: they would be enqueued.</summary>
    public long Products { get; init; }

    /// <summary>Products that wait for views: described after the last one, if their record is out of date then.</summary>
    public long ProductsWaiting { get; init; }

    /// <summary>Something lies where their record belongs that says nothing of itself in the listing: a file of somebody else's, or a record without metadata.</summary>
    public long Unclear { get; init; }
}
