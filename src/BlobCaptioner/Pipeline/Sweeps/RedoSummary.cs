namespace BlobCaptioner.Pipeline.Sweeps;

/// <summary>What a <see cref="Redo"/> found and did. Products count like images. Every selected one is in exactly one of the counts after <see cref="Selected"/>.</summary>
public sealed record RedoSummary
{
    /// <summary>Images and product records looked at.</summary>
    public long Listed { get; init; }

    /// <summary>Of these, with a record that was asked for.</summary>
    public long Selected { get; init; }

    /// <summary>Their job is in the queue now.</summary>
    public long Enqueued { get; init; }

    /// <summary>Their job was in the queue before.</summary>
    public long InFlight { get; init; }

    /// <summary>They can't be described; a record says why.</summary>
    public long Rejected { get; init; }

    /// <summary>There is no such image.</summary>
    public long Gone { get; init; }

    /// <summary>A file of somebody else's lies where their record belongs.</summary>
    public long Blocked { get; init; }

    /// <summary>Storage refused, or something else went wrong with them.</summary>
    public long Errors { get; init; }
}
