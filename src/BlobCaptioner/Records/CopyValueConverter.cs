using System.Text.Json;
using System.Text.Json.Serialization;

namespace BlobCaptioner.Records;

/// <summary>Reads and writes a <see cref="CopyValue"/>. Public for other projects' source-generated contexts.</summary>
public sealed class CopyValueConverter : JsonConverter<CopyValue>
{
    /// <inheritdoc/>
    public override CopyValue Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            return new(reader.GetString()!);
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException("Copy is a string or an array of strings.");
        }

        var items = new List<string>();
        while (reader.Read() && reader.TokenType == JsonTokenType.String)
        {
            items.Add(reader.GetString()!);
        }

        return reader.TokenType == JsonTokenType.EndArray ? new(items) : throw new JsonException("Copy is a string or an array of strings.");
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, CopyValue value, JsonSerializerOptions options)
    {
        if (!value.IsList)
        {
            writer.WriteStringValue(value.Items[0]);
            return;
        }

        writer.WriteStartArray();
        foreach (var item in value.Items)
        {
            writer.WriteStringValue(item);
        }

        writer.WriteEndArray();
    }
}
