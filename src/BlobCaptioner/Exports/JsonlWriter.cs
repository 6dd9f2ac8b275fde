using System.Text.Json;
using BlobCaptioner.Records;

namespace BlobCaptioner.Exports;

/// <summary>JSON Lines: each record as in the container, with a person's edits applied.</summary>
internal sealed class JsonlWriter(Stream stream) : IExportWriter
{
    public void Write(ExportItem item)
    {
        JsonSerializer.Serialize(stream, item.Main.Record, RecordJson.RecordLine);
        stream.WriteByte((byte)'\n');
    }

    public void Dispose()
    {
    }
}
