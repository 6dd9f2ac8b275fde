using System.ComponentModel.DataAnnotations;

namespace BlobCaptioner.Models;

/// <summary>Where a model is pulled from, and how.</summary>
public sealed record ModelPullOptions
{
    /// <summary>Name of the site to pull from.</summary>
    /// <value><c>huggingface</c> or <c>modelscope</c>; null, the default, for the catalogue's first.</value>
    public string? Source { get; init; }

    /// <summary>An address that takes the site's place; see <see cref="ModelCatalog.GetSource"/>.</summary>
    /// <value>Default null, for none.</value>
    public string? Mirror { get; init; }

    /// <summary>How long a connection may send nothing. Then it is closed, and the rest is asked for again.</summary>
    /// <value>1 second to 10 minutes, default 30 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Requests in a row that may bring less than 64 KiB each before the pull gives up. The waits between them grow from 1 to 30 seconds.</summary>
    /// <value>2 to 100, default 8: about two minutes.</value>
    [Range(2, 100)]
    public int Attempts { get; init; } = 8;
}

/// <summary>How far one file is.</summary>
public sealed record ModelProgress
{
    /// <summary>Name of the file.</summary>
    public required string File { get; init; }

    /// <summary>Its length.</summary>
    public required long TotalBytes { get; init; }

    /// <summary>Bytes that lie on the disk.</summary>
    public required long PresentBytes { get; init; }

    /// <summary>Bytes of these that are in the SHA-256. A pull hashes what an earlier one left, then each byte that it receives.</summary>
    public required long CheckedBytes { get; init; }

    /// <summary>What else a person should know (it waits, tries again, starts over); null for mere progress.</summary>
    public string? Notice { get; init; }
}
