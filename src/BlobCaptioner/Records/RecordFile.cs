using System.Text.Json;

namespace BlobCaptioner.Records;

/// <summary>What lies in a record's place: a record that can be used and written again, or none. People and tools edit these files, so any bytes may lie there.</summary>
/// <param name="Record">The record; null where it is none.</param>
/// <param name="Problem">What is wrong with a file that says it is a caption record; null where nothing is, or where it doesn't say so.</param>
public sealed record RecordFile(CaptionRecord? Record, string? Problem)
{
    /// <summary>The largest record that is read, bytes: the largest copy that a profile can ask for is far below.</summary>
    public const long MaxBytes = 4 * 1024 * 1024;

    /// <summary>Reads it; never throws for what the bytes are.</summary>
    public static RecordFile Read(BinaryData content)
    {
        var bytes = content.ToMemory().Span;

        // What Windows' editors put before UTF-8.
        bytes = bytes.StartsWith("\uFEFF"u8) ? bytes[3..] : bytes;
        string problem;
        try
        {
            var record = JsonSerializer.Deserialize(bytes, RecordJson.Record);
            if (record is not null && Fault(record) is not { } fault)
            {
                // Text that no encoding allows shows only when it is used.
                _ = RecordReview.Read(record.Review);
                _ = CaptionStore.Serialize(record);
                return new(record, Problem: null);
            }

            problem = record is null ? "it is null" : Fault(record)!;
        }
        catch (Exception error)
        {
            var where = error is JsonException { Path: { } path } && !error.Message.Contains(path, StringComparison.Ordinal) ? $" Path: {path}" : "";
            problem = (error.Message + where).TrimEnd('.');
        }

        return new(Record: null, bytes.IndexOf("\"schemaVersion\""u8) >= 0 ? problem : null);
    }

    // The serializer sees to the rest: it knows what may be null, but not inside of lists and constructors.
    private static string? Fault(CaptionRecord record)
    {
        if (record.SchemaVersion != 1)
        {
            return $"schemaVersion is {record.SchemaVersion}; this version reads 1";
        }

        var (profile, product, error) = (record.Profile, record.Product, record.Error);
        return Enum.IsDefined(record.Status) ? Missing(
            ("flags", record.Flags),
            ("copy", record.Copy.Values),
            ("copy", record.Copy.Values.SelectMany(f => f?.Values ?? [])),
            ("attributes", record.Attributes.Values),
            ("facts", record.Facts?.Values ?? []),
            ("profile", [profile.Name, profile.Version]),
            ("profile.languages", profile.Languages ?? []),
            ("product", product is null ? [] : [product.Sku, product.Views]),
            ("product.views", product?.Views ?? []),
            ("error", error is null ? [] : [error.Code, error.Message, error.Remedy])) : $"status is {record.Status}";
    }

    private static string? Missing(params ReadOnlySpan<(string Path, IEnumerable<object?> Values)> parts)
    {
        foreach (var (path, values) in parts)
        {
            if (values.Contains(null))
            {
                return $"a value of {path} is missing or null";
            }
        }

        return null;
    }
}
