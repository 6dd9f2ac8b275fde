namespace BlobCaptioner.Profiles.Catalogs;

/// <summary>A <c>_catalog.csv</c>: facts about products by file name and SKU. Immutable; any number of threads.</summary>
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
    /// What it says about a picture. In this order: its path below the catalogue or its file name, with or without the ending; the file's name as a SKU; the same without
    /// <c>-2</c>, <c>_2</c> or <c> (2)</c>; its folder's name as a SKU. The case of letters does not count where that is unambiguous.
    /// </summary>
    /// <param name="path">The image's name below the catalogue's folder.</param>
    /// <returns>Null where it says nothing.</returns>
    public CatalogMatch? Find(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var name = path[(path.LastIndexOf('/') + 1)..];
        var stem = SkuNames.Stem(path);
        var row = File(path) ?? File(name)
            ?? _stems.GetValueOrDefault(path[..^(name.Length - stem.Length)]) ?? _stems.GetValueOrDefault(stem)
            ?? Sku(stem) ?? (SkuNames.WithoutView(stem) is { } product ? Sku(product) : null) ?? (SkuNames.FolderOf(path) is { } folder ? Sku(folder) : null);
        return row is null ? null : MatchOf(row);
    }

    /// <summary>What it says about the product of a folder's name; null where it says nothing.</summary>
    public CatalogMatch? FindSku(string sku) => Sku(sku) is { } row ? MatchOf(row) : null;

    /// <summary>Adds a row.</summary>
    /// <returns>What is wrong with it, null for nothing: another line has its key.</returns>
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
            // views of one product, each with a file of its own: the first speaks for the product
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
