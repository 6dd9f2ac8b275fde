using System.ComponentModel.DataAnnotations;

namespace BlobCaptioner.Hosting.Settings;

/// <summary>The function app's sweep; section <c>Sweep</c>.</summary>
public sealed record SweepSettings
{
    /// <summary>The section's key.</summary>
    public const string Section = "Sweep";

    /// <summary>When it runs: NCRONTAB with six fields, the first for seconds, UTC. No default: the platform reads it itself and needs it set.</summary>
    [Required]
    public string Schedule { get; init; } = "";

    /// <summary>
    /// After how long a run begins nothing new; the next one goes on there. Range 5 s to 1 hour, default 4 minutes.
    /// Stay a minute below <c>functionTimeout</c> in host.json.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:05", "01:00:00")]
    public TimeSpan MaxDuration { get; init; } = TimeSpan.FromMinutes(4);

    /// <summary>Images taken in at the same time. Range 1 to 64, default 4. How many are prepared at once is <c>Images:MaxConcurrency</c>.</summary>
    [Range(1, 64)]
    public int Parallelism { get; init; } = 4;
}
