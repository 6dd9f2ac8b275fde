using System.Text;

namespace BlobCaptioner.Profiles.Files;

/// <summary>
/// The profiles that need no file: embedded JSON in <c>Profiles/BuiltIn</c>, of the same format as everybody's, each limit with its source in the field's comment.
/// </summary>
public static class BuiltInProfiles
{
    /// <summary>Their names.</summary>
    public static IReadOnlyList<string> Names { get; } = ["default", "alt-text", "google-merchant", "shopify", "woocommerce", "amazon", "sample"];

    /// <summary>
    /// Category, colour, pattern and a title. The instruction is one that the bundled sample model was trained on,
    /// and the categories and colours are those it knows; <c>other</c> is there for larger models.
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

    /// <summary>The profile of a name where one of one's own is in use: that one where it has the name, else the built-in one.</summary>
    /// <param name="own">It comes first.</param>
    public static Func<string, Profile> Lookup(Profile own) => name => string.Equals(own.Name, name, StringComparison.Ordinal) ? own : Get(name);

    private static Profile Load(string name) => ProfileReader.Read(Encoding.UTF8.GetBytes(BuiltInFiles.Read($"BlobCaptioner.Profiles.BuiltIn.{name}.json")), $"{name}.json");
}
