using System.Collections.Frozen;
using System.Text.Json;

namespace BlobCaptioner.Profiles.Files;

/// <summary>Value lists that every profile file may use: <c>"values": "@color"</c>.</summary>
internal static class BuiltInVocabularies
{
    /// <summary>By name, without the <c>@</c>.</summary>
    public static FrozenDictionary<string, JsonElement> All => field ??= Load();

    private static FrozenDictionary<string, JsonElement> Load()
    {
        using var file = JsonDocument.Parse(BuiltInFiles.Read("BlobCaptioner.Profiles.BuiltIn.vocabularies.json"));
        return file.RootElement.EnumerateObject().ToFrozenDictionary(v => v.Name, v => v.Value.Clone(), StringComparer.Ordinal);
    }
}
