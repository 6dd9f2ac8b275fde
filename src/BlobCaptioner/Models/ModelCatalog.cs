using System.Text.Json;
using System.Text.Json.Serialization;

namespace BlobCaptioner.Models;

/// <summary>The models that can be pulled by name, and where from.</summary>
public sealed record ModelCatalog
{
    private const string Resource = "BlobCaptioner.Models.catalog.json";

    private static readonly string[] s_placeholders = ["{repository}", "{revision}", "{file}"];

    /// <summary>Environment variable with the path of a catalogue file that takes the place of the built-in one.</summary>
    public const string Variable = "CAPTIONER_CATALOG";

    /// <summary>The catalogue in this assembly, <c>catalog.json</c>.</summary>
    public static ModelCatalog BuiltIn => field ??= Load();

    /// <summary>The catalogue that <see cref="Variable"/> names, else the built-in one.</summary>
    /// <exception cref="ModelException">The file can't be read or is not a valid catalogue.</exception>
    public static ModelCatalog Default => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } path ? Read(path) : BuiltIn;

    /// <summary>Sites to pull from, the default first.</summary>
    public required IReadOnlyList<ModelSource> Sources { get; init; }

    /// <summary>Models, the smallest first.</summary>
    public required IReadOnlyList<CatalogModel> Models { get; init; }

    /// <summary>Finds a model; null if none has that name. Ignores case.</summary>
    public CatalogModel? Find(string name) => Models.FirstOrDefault(m => string.Equals(m.Name, name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Finds a model.</summary>
    /// <exception cref="ModelException">None has that name; the message lists all names.</exception>
    public CatalogModel Get(string name) =>
        Find(name) ?? throw new ModelException($"There is no model '{name}' in the catalogue. There are: {string.Join(", ", Models.Select(m => m.Name))}.");

    /// <summary>Finds a source.</summary>
    /// <param name="name">Its name; null for the default.</param>
    /// <param name="mirror">
    /// An address that takes the source's place: a URL with <c>{file}</c> and optionally <c>{repository}</c> and <c>{revision}</c>, or the address of a site
    /// with the paths of Hugging Face. No token is sent there; the URL may contain a key. Null or empty for none.
    /// </param>
    /// <exception cref="ModelException">There is no such source, or the mirror is not an http or https URL.</exception>
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
        var example = s_placeholders.Aggregate(pattern, (url, placeholder) => url.Replace(placeholder, "x", StringComparison.Ordinal));
        return Uri.TryCreate(example, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? source with { Url = pattern, TokenVariable = null }
            : throw new ModelException(
                $"The mirror '{mirror}' is not an http or https URL. Give the address of a site with the paths of Hugging Face, such as https://hf.example.com, " +
                "or a pattern such as https://files.example.com/models/{file}.");
    }

    /// <summary>Reads a catalogue file.</summary>
    /// <exception cref="ModelException">It can't be read or is not a valid catalogue; the message says why.</exception>
    public static ModelCatalog Read(string path)
    {
        try
        {
            var catalog = JsonSerializer.Deserialize(File.ReadAllBytes(path), ModelJson.Default.ModelCatalog) ?? throw new JsonException("It is empty.");
            return catalog.FindFault() is { } fault ? throw new JsonException(fault) : catalog;
        }
        catch (Exception ex) when (ex is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new ModelException($"The catalogue '{path}' can't be used: {ex.Message} Correct it, or unset {Variable} to use the built-in one.", ex);
        }
    }

    private string? FindFault()
    {
        var files = Models.SelectMany(m => (IEnumerable<CatalogFile>)[m.Text, .. m.Vision]);
        return Sources.Count == 0 ? "It has no sources."
            : Models.FirstOrDefault(m => m.Vision.Count == 0 || m.Revisions.Count == 0) is { } incomplete ? $"'{incomplete.Name}' needs a vision part and a revision."
            : files.FirstOrDefault(f => f.Bytes <= 0 || f.Sha256.Length != 64 || f.Sha256.Any(c => !char.IsAsciiHexDigitLower(c))) is { } wrong
                ? $"'{wrong.Name}' needs its length and its SHA-256 as 64 lower-case hex digits."
            : files.FirstOrDefault(f => f.Name.Length == 0 || f.Name[0] == '.' || f.Name.AsSpan().ContainsAny('/', '\\', '\0')) is { } path
                ? $"'{path.Name}' is not a file name."
            : null;
    }

    private static ModelCatalog Load()
    {
        using var stream = typeof(ModelCatalog).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The assembly has no resource '{Resource}'.");
        return JsonSerializer.Deserialize(stream, ModelJson.Default.ModelCatalog) ?? throw new InvalidOperationException($"'{Resource}' is empty.");
    }
}

/// <summary>A site that models are pulled from.</summary>
public sealed record ModelSource
{
    /// <summary>Name in commands and settings: <c>huggingface</c>, <c>modelscope</c>.</summary>
    public required string Name { get; init; }

    /// <summary>URL of a file, with the placeholders <c>{repository}</c>, <c>{revision}</c> and <c>{file}</c>.</summary>
    public required string Url { get; init; }

    /// <summary>Environment variable with an access token, which is sent to the URL's host only; null if the site needs none.</summary>
    public string? TokenVariable { get; init; }

    /// <summary>Fills in the placeholders for one file of a model.</summary>
    public Uri AddressOf(CatalogModel model, CatalogFile file) => new(Url
        .Replace("{repository}", model.Repository, StringComparison.Ordinal)
        .Replace("{revision}", model.Revisions.GetValueOrDefault(Name) ?? model.Revisions.Values.First(), StringComparison.Ordinal)
        .Replace("{file}", Uri.EscapeDataString(file.Name), StringComparison.Ordinal));
}

/// <summary>A model that can be pulled: a language model in one quantisation, and the vision parts that belong to it.</summary>
public sealed record CatalogModel
{
    /// <summary>Name in commands and settings: <c>qwen3-vl-8b-q4_k_m</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The publisher's name for it.</summary>
    public required string Title { get; init; }

    /// <summary>Owner and name of its repository; the same at every source.</summary>
    public required string Repository { get; init; }

    /// <summary>
    /// Revision to pull, by source: a commit where the source has them (Hugging Face), elsewhere a branch. The files are the same everywhere: their length and
    /// SHA-256 are checked.
    /// </summary>
    public required IReadOnlyDictionary<string, string> Revisions { get; init; }

    /// <summary>SPDX identifier of its licence.</summary>
    public required string Licence { get; init; }

    /// <summary>
    /// Bytes of memory that it needs, on the GPU or of the machine: weights with the F16 vision part, a KV cache for eight pictures of about 1,600 tokens
    /// (144 KiB each: 36 layers, 8 heads, 128 wide, keys and values in F16), and 1 GB of buffers. Calculated, not measured.
    /// </summary>
    public required long MemoryBytes { get; init; }

    /// <summary>The language model.</summary>
    public required CatalogFile Text { get; init; }

    /// <summary>Vision parts (mmproj), the default first.</summary>
    public required IReadOnlyList<CatalogFile> Vision { get; init; }

    /// <summary>Finds a vision part.</summary>
    /// <param name="quantisation">Such as <c>F16</c>; letter case does not count. Null for the default.</param>
    /// <exception cref="ModelException">There is none; the message lists all quantisations.</exception>
    public CatalogFile VisionIn(string? quantisation) =>
        quantisation is null ? Vision[0]
        : Vision.FirstOrDefault(f => string.Equals(f.Quantisation, quantisation, StringComparison.OrdinalIgnoreCase))
            ?? throw new ModelException($"'{Name}' has no vision part in '{quantisation}'. There are: {string.Join(", ", Vision.Select(f => f.Quantisation))}.");
}

/// <summary>One published file of a model.</summary>
public sealed record CatalogFile
{
    /// <summary>Name in the repository, and in the directory that it is pulled into.</summary>
    public required string Name { get; init; }

    /// <summary>Format of its weights, in the publishers' spelling: <c>Q4_K_M</c>, <c>Q8_0</c>, <c>F16</c>.</summary>
    public required string Quantisation { get; init; }

    /// <summary>Its length.</summary>
    public required long Bytes { get; init; }

    /// <summary>SHA-256 of the whole file, 64 lower-case hex digits.</summary>
    public required string Sha256 { get; init; }
}

/// <summary>The catalogue and the notes of partial files as JSON: camelCase, enums as words.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(ModelCatalog))]
[JsonSerializable(typeof(PartialNote))]
internal sealed partial class ModelJson : JsonSerializerContext;
