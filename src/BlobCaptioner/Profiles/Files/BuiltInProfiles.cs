using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using BlobCaptioner.Text;

namespace BlobCaptioner.Profiles.Files;

/// <summary>
/// The profiles that need no file: embedded JSON in <c>Profiles/BuiltIn</c>, in the format of profile files. Each field's comment names the source of its limit.
/// </summary>
public static class BuiltInProfiles
{
    /// <summary>Their names.</summary>
    public static IReadOnlyList<string> Names { get; } = ["default", "alt-text", "google-merchant", "shopify", "woocommerce", "amazon", "sample"];

    /// <summary>
    /// Category, colour, pattern and a title. The bundled sample model was trained on its instruction, and knows its categories and colours; <c>other</c> is for larger models.
    /// </summary>
    public static Profile Sample => Get("sample");

    /// <summary>A full listing.</summary>
    public static Profile Default => Get("default");

    /// <summary>All of them, in the order of <see cref="Names"/>.</summary>
    public static IReadOnlyList<Profile> All => field ??= [.. Names.Select(Load)];

    /// <summary>The profile of that name; null where there is none.</summary>
    public static Profile? Find(string name) => All.FirstOrDefault(p => string.Equals(p.Name, name, StringComparison.Ordinal));

    /// <summary>The profile of that name.</summary>
    /// <exception cref="ArgumentException">There is none; the message lists those there are.</exception>
    public static Profile Get(string name) =>
        Find(name) ?? throw new ArgumentException($"There is no profile '{name}'. Built in: {string.Join(", ", Names)}.", nameof(name));

    /// <summary>Finds profiles by name: the given one where the name is its own, else the built-in one.</summary>
    public static Func<string, Profile> Lookup(Profile own) => name => string.Equals(own.Name, name, StringComparison.Ordinal) ? own : Get(name);

    private static Profile Load(string name) => ProfileReader.Read(Encoding.UTF8.GetBytes(EmbeddedText.Read($"BlobCaptioner.Profiles.BuiltIn.{name}.json")), $"{name}.json");
}

/// <summary>Value lists that every profile file may use: <c>"values": "@color"</c>.</summary>
internal static class BuiltInVocabularies
{
    /// <summary>By name, without the <c>@</c>.</summary>
    public static FrozenDictionary<string, JsonElement> All => field ??= Load();

    private static FrozenDictionary<string, JsonElement> Load()
    {
        using var file = JsonDocument.Parse(EmbeddedText.Read("BlobCaptioner.Profiles.BuiltIn.vocabularies.json"));
        return file.RootElement.EnumerateObject().ToFrozenDictionary(v => v.Name, v => v.Value.Clone(), StringComparer.Ordinal);
    }
}
