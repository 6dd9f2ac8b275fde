using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace BlobCaptioner.Models;

/// <summary>Source and limits of a pull.</summary>
public sealed record ModelPullOptions
{
    /// <summary>Name of the site to pull from.</summary>
    /// <value><c>huggingface</c> or <c>modelscope</c>; null, the default, for the catalogue's first.</value>
    public string? Source { get; init; }

    /// <summary>An address that takes the site's place; see <see cref="ModelCatalog.GetSource"/>.</summary>
    /// <value>Default null, for none.</value>
    public string? Mirror { get; init; }

    /// <summary>How long a connection may send less than 64 KiB. Then it is closed, and the rest is asked for again.</summary>
    /// <value>1 second to 10 minutes, default 30 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest time for a pull, all files and attempts together.</summary>
    /// <value>1 second to 30 days, default 1 day.</value>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Requests in a row that may bring less than 64 KiB each before the pull gives up. The waits between them grow from 1 to 30 seconds.</summary>
    /// <value>2 to 100, default 8: about two minutes.</value>
    [Range(2, 100)]
    public int Attempts { get; init; } = 8;
}

/// <summary>Checks <see cref="ModelPullOptions"/>; generated from its attributes.</summary>
[OptionsValidator]
public sealed partial class ModelPullOptionsValidator : IValidateOptions<ModelPullOptions>;

/// <summary>Progress of one file.</summary>
/// <param name="File">Name of the file.</param>
/// <param name="TotalBytes">Its length.</param>
/// <param name="PresentBytes">Bytes that lie on the disk.</param>
/// <param name="CheckedBytes">Bytes of these that are in the SHA-256. A pull hashes what an earlier one left, then each byte that it receives.</param>
/// <param name="Notice">A notice for people (it waits, tries again, starts over); null for mere progress.</param>
public sealed record ModelProgress(string File, long TotalBytes, long PresentBytes, long CheckedBytes, string? Notice = null);
