using System.Text.Json;
using BlobCaptioner.Records;

namespace BlobCaptioner.Exports.Formats;

/// <summary>JSON Lines: every record as it lies in the container, a person's edits applied to copy and attributes.</summary>
internal sealed class JsonlWriter(Stream stream) : IExportWriter
{
    /// <inheritdoc/>
    public void Begin()
    {
    }

    /// <inheritdoc/>
    public void Write(ExportItem item)
    {
        JsonSerializer.Serialize(stream, item.Main.Record, RecordJson.RecordLine);
        stream.WriteByte((byte)'\n');
    }

    /// <inheritdoc/>
    public void End()
    {
    }

    /// <inheritdoc/>
    public void Flush()
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
