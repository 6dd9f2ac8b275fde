using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;

namespace BlobCaptioner.Records;

/// <summary>
/// The content of a record's blob. People and tools edit these files, so it may be anything. This is the border: whatever uses a record relies on what is checked here.
/// </summary>
/// <param name="Record">A record that can be used and written again; null where the content is not one.</param>
/// <param name="Problem">Why a file that claims to be a caption record (it has a schemaVersion) can't be used; null otherwise.</param>
public sealed record RecordFile(CaptionRecord? Record, string? Problem)
{
    /// <summary>The largest record that is read, bytes. The largest copy that a profile can ask for is far smaller.</summary>
    public const long MaxBytes = 4 * 1024 * 1024;

    private const int MostMessageCharacters = 500;

    /// <summary>Reads any bytes; never throws.</summary>
    public static RecordFile Read(BinaryData content)
    {
        var bytes = content.ToMemory().Span;

        // Windows' editors begin UTF-8 with a byte order mark.
        bytes = bytes.StartsWith("\uFEFF"u8) ? bytes[3..] : bytes;
        string problem;
        try
        {
            // Checked first: the parser copies a review's texts without reading them.
            var record = Utf8.IsValid(bytes) ? JsonSerializer.Deserialize(bytes, RecordJson.Record) : throw new FormatException("it is not UTF-8");
            problem = record is null ? "it is null" : Fault(record) ?? RecordReview.Problem(record.Review) ?? Unwritable(record) ?? "";
            if (problem.Length == 0)
            {
                return new(record, Problem: null);
            }
        }
        catch (Exception error)
        {
            var where = error is JsonException { Path: { } path } && !error.Message.Contains(path, StringComparison.Ordinal) ? $" Path: {path}" : "";
            problem = Cut((error.Message + where).TrimEnd('.'));
        }

        return new(Record: null, bytes.IndexOf("\"schemaVersion\""u8) >= 0 ? problem : null);
    }

    // Invalid surrogates show only when the text is used.
    private static string? Unwritable(CaptionRecord record) =>
        CaptionStore.Serialize(record).Length is var length && length > MaxBytes ? $"written anew it has {length:N0} bytes; the most is {MaxBytes:N0}" : null;

    // The serializer checks for null properties, but not inside lists and constructor parameters.
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
            ("generation.failures", record.Generation.Failures ?? []),
            ("error", error is null ? [] : [error.Code, error.Message, error.Remedy])) : $"status is {record.Status}";
    }

    // A message may quote the file.
    private static string Cut(string message) => message.Length <= MostMessageCharacters ? message : $"{message.AsSpan(0, MostMessageCharacters)}...";

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

/// <summary>Records as JSON: camelCase, enums as words.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(CaptionRecord))]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class RecordJson : JsonSerializerContext
{
    /// <summary>Indented; a duplicate name in an object is an error.</summary>
    public static JsonTypeInfo<CaptionRecord> Record => Formats.Indented.CaptionRecord;

    /// <summary>A part of a record, written as in the record.</summary>
    public static JsonTypeInfo<JsonElement> Element => Formats.Indented.JsonElement;

    /// <summary>In one line.</summary>
    public static JsonTypeInfo<CaptionRecord> RecordLine => Formats.Compact.CaptionRecord;

    // A separate type: its initializers run after that of the generated Default.
    // "Relaxed" leaves non-ASCII text and & < > as they are: records are files for people and importers, not parts of a page.
    private static class Formats
    {
        public static readonly RecordJson Indented = new(
            new(Default.Options) { WriteIndented = true, AllowDuplicateProperties = false, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

        public static readonly RecordJson Compact = new(new(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }
}
