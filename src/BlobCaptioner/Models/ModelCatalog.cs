using System.Text.Json;

namespace BlobCaptioner.Models;

/// <summary>The models that can be pulled by name, and where from.</summary>
public sealed record ModelCatalog
{
    private const string Resource = "BlobCaptioner.Models.catalog.json";

    private static readonly string[] s_places = ["{repository}", "{revision}", "{file}"];

    /// <summary>Environment variable that names a catalogue file to use in place of the built-in one, with the same shape.</summary>
    public const string Variable = "CAPTIONER_CATALOG";

    /// <summary>The one that ships: <c>catalog.json</c> inside this assembly.</summary>
    public static ModelCatalog BuiltIn => field ??= Load();

    /// <summary>The file that <see cref="Variable"/> names, else the built-in one.</summary>
    /// <exception cref="ModelException">The file can't be read or holds something impossible.</exception>
    public static ModelCatalog Default => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } path ? Read(path) : BuiltIn;

    /// <summary>Sites to pull from, the default first.</summary>
    public required IReadOnlyList<ModelSource> Sources { get; init; }

    /// <summary>Models, the smallest first.</summary>
    public required IReadOnlyList<CatalogModel> Models { get; init; }

    /// <summary>Finds a model; null where none has that name. Letter case does not count.</summary>
    public CatalogModel? Find(string name) => Models.FirstOrDefault(m => string.Equals(m.Name, name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Finds a model.</summary>
    /// <exception cref="ModelException">None has that name; the message lists those there are.</exception>
    public CatalogModel Get(string name) =>
        Find(name) ?? throw new ModelException($"There is no model '{name}' in the catalogue. There are: {string.Join(", ", Models.Select(m => m.Name))}.");

    /// <summary>Finds a source.</summary>
    /// <param name="name">Its name; null for the default.</param>
    /// <param name="mirror">
    /// Takes its place where given: a URL with <c>{file}</c> and, if need be, <c>{repository}</c> and <c>{revision}</c>, or the address of a site that has
    /// the paths of Hugging Face. No token is sent there; a key may be part of the URL.
    /// </param>
    /// <exception cref="ModelException">There is no such source, or the mirror is no HTTP URL.</exception>
    public ModelSource GetSource(string? name, string? mirror)
    {
        var source = name is null
            ? Sources[0]
            : Sources.FirstOrDefault(s => string.Equals(s.Name, name, StringComparison.OrdinalIgnoreCase))
                ?? throw new ModelException($"There is no source '{name}'. There are: {string.Join(", ", Sources.Select(s => s.Name))}.");
        if (string.IsNullOrEmpty(mirror))
        {
            return source;
        }

        var pattern = mirror.Contains("{file}", StringComparison.Ordinal) ? mirror : $"{mirror.TrimEnd('/')}/{{repository}}/resolve/{{revision}}/{{file}}";
        var example = s_places.Aggregate(pattern, (url, place) => url.Replace(place, "x", StringComparison.Ordinal));
        return Uri.TryCreate(example, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? source with { Url = pattern, TokenVariable = null }
            : throw new ModelException(
                $"The mirror '{mirror}' is no http or https URL. Give the address of a site with the paths of Hugging Face, such as https://hf.example.com, " +
                "or a pattern such as https://files.example.com/models/{file}.");
    }

    /// <summary>Reads a catalogue file.</summary>
    /// <exception cref="ModelException">It can't be read or holds something impossible; the message says what.</exception>
    public static ModelCatalog Read(string path)
    {
        try
        {
            var catalog = JsonSerializer.Deserialize(File.ReadAllBytes(path), ModelJson.Default.ModelCatalog) ?? throw new JsonException("It is empty.");
            return catalog.Fault() is { } fault ? throw new JsonException(fault) : catalog;
        }
        catch (Exception ex) when (ex is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new ModelException($"The catalogue '{path}' can't be used: {ex.Message} Put it right, or unset {Variable} to use the built-in one.", ex);
        }
    }

    private string? Fault()
    {
        var files = Models.SelectMany(m => (IEnumerable<CatalogFile>)[m.Text, .. m.Vision]);
        return Sources.Count == 0 ? "It has no sources."
            : Models.FirstOrDefault(m => m.Vision.Count == 0 || m.Revisions.Count == 0) is { } poor ? $"'{poor.Name}' needs a vision part and a revision."
            : files.FirstOrDefault(f => f.Bytes <= 0 || f.Sha256.Length != 64 || f.Sha256.Any(c => !char.IsAsciiHexDigitLower(c))) is { } wrong
                ? $"'{wrong.Name}' needs its length and its SHA-256 as 64 lower-case hex digits."
            : files.FirstOrDefault(f => f.Name.Length == 0 || f.Name[0] == '.' || f.Name.AsSpan().ContainsAny('/', '\\', '\0')) is { } path
                ? $"'{path.Name}' is no file name."
            : null;
    }

    private static ModelCatalog Load()
    {
        using var stream = typeof(ModelCatalog).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The assembly holds no '{Resource}'.");
        return JsonSerializer.Deserialize(stream, ModelJson.Default.ModelCatalog) ?? throw new InvalidOperationException($"'{Resource}' is empty.");
    }
}
