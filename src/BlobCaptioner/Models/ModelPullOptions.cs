using System.ComponentModel.DataAnnotations;

namespace BlobCaptioner.Models;

/// <summary>How files are pulled.</summary>
public sealed record ModelPullOptions
{
    /// <summary>Site to pull from.</summary>
    /// <value><c>huggingface</c> (default) or <c>modelscope</c>.</value>
    public string? Source { get; init; }

    /// <summary>Another address in its place; see <see cref="ModelCatalog.GetSource"/>.</summary>
    public string? Mirror { get; init; }

    /// <summary>Requests that run side by side.</summary>
    /// <value>1 to 32, default 4.</value>
    [Range(1, 32)]
    public int Parts { get; init; } = 4;

    /// <summary>Bytes that one request asks for.</summary>
    /// <value>64 KiB to 1 GiB, default 64 MiB.</value>
    [Range(64 * 1024, 1024 * 1024 * 1024)]
    public int PartBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>A connection that sends nothing for so long is given up, and the rest asked for anew.</summary>
    /// <value>1 second to 10 minutes, default 30 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Tries in a row that may bring nothing before it is given up.</summary>
    /// <value>2 to 100, default 8; with waits from 1 to 30 seconds that is about two minutes.</value>
    [Range(2, 100)]
    public int Attempts { get; init; } = 8;
}
