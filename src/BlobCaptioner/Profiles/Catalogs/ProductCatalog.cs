using System.Text.RegularExpressions;

namespace BlobCaptioner.Profiles.Catalogs;

/// <summary>A <c>_catalog.csv</c>: facts about products by file name and SKU. Immutable and thread-safe.</summary>
public sealed class ProductCatalog
{
    private readonly IReadOnlyList<string> _columns;
    private readonly Dictionary<string, Row> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Row> _skus = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<string>> _filesOfSkus = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Row?> _anyCaseFiles = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, Row?> _anyCaseSkus = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, Row?> _stems = new(StringComparer.OrdinalIgnoreCase);

    internal ProductCatalog(IReadOnlyList<string> columns) => _columns = columns;

    /// <summary>Rows with a file name or a SKU.</summary>
    public int Rows { get; private set; }

    /// <summary>
    /// Finds a picture's row. Tried in this order: its path below the catalogue or its file name, with or without the ending; the file's name as a SKU; the same without
    /// <c>-2</c>, <c>_2</c> or <c> (2)</c>; its folder's name as a SKU. Letter case is ignored where the match is unambiguous.
    /// </summary>
    /// <param name="path">The image's name below the catalogue's folder.</param>
    /// <returns>Null where no row matches.</returns>
    public CatalogMatch? Find(string path)
    {
        var name = path[(path.LastIndexOf('/') + 1)..];
        var stem = SkuNames.Stem(path);
        var row = File(path) ?? File(name)
            ?? _stems.GetValueOrDefault(path[..^(name.Length - stem.Length)]) ?? _stems.GetValueOrDefault(stem)
            ?? Sku(stem) ?? (SkuNames.WithoutView(stem) is { } product ? Sku(product) : null) ?? (SkuNames.FolderOf(path) is { } folder ? Sku(folder) : null);
        return row is null ? null : MatchOf(row);
    }

    /// <summary>Adds a row.</summary>
    /// <returns>The problem (another line has its key); null for none.</returns>
    internal string? Add(int line, string? file, string? sku, string[] values)
    {
        var row = new Row(line, sku, values);
        if (file is not null)
        {
            if (!_files.TryAdd(file, row))
            {
                return $"'{file}' is in line {_files[file].Line} too; remove one";
            }

            AddAnyCase(_anyCaseFiles, file, row);
            AddAnyCase(_stems, file[..^Path.GetExtension(file).Length], row);
            if (sku is not null)
            {
                (_filesOfSkus.TryGetValue(sku, out var files) ? files : _filesOfSkus[sku] = []).Add(file);
            }
        }

        if (sku is not null && !_skus.TryAdd(sku, row))
        {
            // Views of one product, each with its own file: the first is the product's row.
            if (file is null || !_skus[sku].HasFile)
            {
                return $"'{sku}' is in line {_skus[sku].Line} too; remove one, or name the file of each in a column 'file'";
            }
        }
        else if (sku is not null)
        {
            row.HasFile = file is not null;
            AddAnyCase(_anyCaseSkus, sku, row);
        }

        Rows++;
        return null;
    }

    private static void AddAnyCase(Dictionary<string, Row?> rows, string key, Row row)
    {
        if (!rows.TryAdd(key, row))
        {
            rows[key] = null;
        }
    }

    private Row? File(string name) => _files.GetValueOrDefault(name) ?? _anyCaseFiles.GetValueOrDefault(name);

    private Row? Sku(string name) => _skus.GetValueOrDefault(name) ?? _anyCaseSkus.GetValueOrDefault(name);

    private CatalogMatch MatchOf(Row row)
    {
        var facts = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < row.Values.Length; i++)
        {
            if (row.Values[i].Length > 0)
            {
                facts[_columns[i]] = row.Values[i];
            }
        }

        return new(new ProductFacts { Sku = row.Sku, Values = facts }) { Files = row.Sku is { } sku ? _filesOfSkus.GetValueOrDefault(sku) ?? [] : [] };
    }

    private sealed record Row(int Line, string? Sku, string[] Values)
    {
        public bool HasFile { get; set; }
    }
}

/// <summary>A catalogue's row for a picture.</summary>
/// <param name="Facts">The other columns of its row that are not empty, and the SKU.</param>
public sealed record CatalogMatch(ProductFacts Facts)
{
    /// <summary>The product's SKU; null where the catalogue has no such column or leaves it empty.</summary>
    public string? Sku => Facts.Sku;

    /// <summary>The files that rows of the same SKU name, as written there: with or without a path below the catalogue. Empty for none.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];
}

/// <summary>SKUs in file names: <c>SKU-2.jpg</c>, <c>SKU_2.jpg</c> and <c>SKU (2).jpg</c> show <c>SKU</c>, 1 to 99.</summary>
internal static partial class SkuNames
{
    /// <summary>The name without the view's number; null where it has none.</summary>
    public static string? WithoutView(string stem) => View().Match(stem) is { Success: true } match ? stem[..match.Index] : null;

    /// <summary>The file's name without folders and ending.</summary>
    public static string Stem(string imageName) => Path.GetFileNameWithoutExtension(imageName[(imageName.LastIndexOf('/') + 1)..]);

    /// <summary>The name of the folder that holds it; null at the top.</summary>
    public static string? FolderOf(string imageName)
    {
        var end = imageName.LastIndexOf('/');
        return end <= 0 ? null : imageName[(imageName.LastIndexOf('/', end - 1) + 1)..end];
    }

    [GeneratedRegex(@"(?<=.)([-_](?!00?$)[0-9]{1,2}| ?\((?!00?\))[0-9]{1,2}\))$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.RightToLeft, matchTimeoutMilliseconds: 1000)]
    private static partial Regex View();
}
