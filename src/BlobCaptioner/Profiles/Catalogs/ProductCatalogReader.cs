using System.Text.Unicode;
using CsvHelper;

namespace BlobCaptioner.Profiles.Catalogs;

/// <summary>Reads <c>_catalog.csv</c>: UTF-8 with or without BOM, separated by commas, semicolons or tabs, with a header line.</summary>
public static class ProductCatalogReader
{
    /// <summary>Longest file in bytes: 64 MiB.</summary>
    public const int MaxBytes = 64 << 20;

    /// <summary>Most columns besides the keys.</summary>
    public const int MaxColumns = 64;

    /// <summary>Most characters of a value.</summary>
    public const int MaxCharacters = 2000;

    private const int MaxKeyCharacters = 500;
    private const int MostProblems = 50;
    private static readonly string[] s_skuColumns = ["sku", "id"];
    private static readonly string[] s_fileColumns = ["file", "filename", "image"];

    /// <summary>Reads a catalogue.</summary>
    /// <param name="csv">
    /// One column is the key: <c>sku</c> (or <c>id</c>), or <c>file</c> (or <c>filename</c>, <c>image</c>). With both, several files may share a SKU. The other columns are facts
    /// under their names; empty cells are ignored.
    /// </param>
    /// <param name="fileName">Named in errors.</param>
    /// <exception cref="ProfileException">It can't be used; each problem names file, line, value and the way out.</exception>
    public static ProductCatalog Read(ReadOnlyMemory<byte> csv, string fileName)
    {
        if (csv.Length > MaxBytes)
        {
            throw new ProfileException($"{fileName}: has {csv.Length:N0} bytes; the most is {MaxBytes:N0}. Split it: put a catalogue into each folder.");
        }

        csv = csv.Span.StartsWith("\uFEFF"u8) ? csv[3..] : csv;
        if (!Utf8.IsValid(csv.Span))
        {
            throw new ProfileException($"{fileName}: is not UTF-8; save it as 'CSV UTF-8'");
        }

        var problems = new List<string>();
        var catalog = Read(csv, (line, what) =>
        {
            problems.Add(line > 0 ? $"{fileName}: line {line}: {what}" : $"{fileName}: {what}");
            return problems.Count < MostProblems;
        });
        return problems.Count == 0 && catalog is not null ? catalog : throw new ProfileException(problems);
    }

    private static ProductCatalog? Read(ReadOnlyMemory<byte> csv, Func<int, string, bool> problem)
    {
        var broken = false;
        var options = CsvReaderOptions.Default with
        {
            Separator = SeparatorOf(csv.Span),
            HasHeader = false,
            TrimWhitespace = true,
            TrimInsideQuotes = true,
            TrackLineNumbers = true,
            PoolStrings = true,
            OnMalformedRecord = record =>
            {
                // 27" in an unquoted cell is unambiguous.
                if (record.Reason != CsvMalformedReason.StrayQuote)
                {
                    broken = true;
                    problem((int)record.LineNumber, record.Reason == CsvMalformedReason.UnterminatedQuote
                        ? "a quote is opened and never closed; close it, or double it where it belongs to the text"
                        : "there is text after a closing quote; double the quotes that belong to the text");
                }
            },
        };
        using var reader = CsvReader.Create(csv, options);
        Header? header = null;
        ProductCatalog? catalog = null;
        while (!broken && reader.Read() && !broken)
        {
            var line = (int)reader.LineNumber;
            string[] cells = [.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetString)];
            if (header is not null)
            {
                if (!AddRow(catalog!, header, line, cells, problem))
                {
                    return null;
                }
            }
            else if ((header = Header.Read(cells, what => problem(line, what))) is null)
            {
                return null;
            }
            else
            {
                catalog = new(header.Names);
            }
        }

        if (catalog is null && !broken)
        {
            problem(0, "is empty; its first line names the columns, one of them 'sku' or 'file'");
        }

        return catalog;
    }

    private static bool AddRow(ProductCatalog catalog, Header header, int line, string[] cells, Func<int, string, bool> problem)
    {
        if (cells.All(string.IsNullOrEmpty))
        {
            return true;
        }

        if (cells.Length > header.Count && cells.Skip(header.Count).Any(c => c.Length > 0))
        {
            return problem(line, $"has {cells.Length} cells; the header has {header.Count}. Put cells with the delimiter inside into quotes");
        }

        var (file, sku) = (Cell(header.File), Cell(header.Sku));
        if (file is null && sku is null)
        {
            return problem(line, "names neither a file nor a SKU; fill that cell or remove the line");
        }

        foreach (var key in (string?[])[file, sku])
        {
            if (key is not null && (key.Length > MaxKeyCharacters || key.Any(char.IsControl)))
            {
                return problem(line, $"'{Cut(key)}' is not a file name or SKU; the most is {MaxKeyCharacters} characters in one line");
            }
        }

        var values = new string[header.Facts.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = Cell(header.Facts[i]) ?? "";
            if (values[i].Length > MaxCharacters && !problem(line, $"'{header.Names[i]}' has {values[i].Length} characters ('{Cut(values[i])}'); the most is {MaxCharacters}"))
            {
                return false;
            }
        }

        return catalog.Add(line, file, sku, values) is not { } wrong || problem(line, wrong);

        string? Cell(int column) => column >= 0 && column < cells.Length && cells[column].Length > 0 ? cells[column] : null;
    }

    private static string Cut(string text) => text.Length <= 40 ? text : text[..40] + "...";

    // The most frequent one outside quotes in the header line.
    private static char SeparatorOf(ReadOnlySpan<byte> csv)
    {
        Span<int> counts = stackalloc int[3];
        var quoted = false;
        foreach (var c in csv.TrimStart("\r\n "u8))
        {
            if (c is (byte)'\r' or (byte)'\n' && !quoted)
            {
                break;
            }

            quoted ^= c == '"';
            if (!quoted && ",;\t"u8.IndexOf(c) is var place and >= 0)
            {
                counts[place]++;
            }
        }

        return counts[0] >= counts[1] && counts[0] >= counts[2] ? ',' : counts[1] >= counts[2] ? ';' : '\t';
    }

    /// <summary>Indexes of the columns; -1 for a missing key.</summary>
    private sealed record Header(int Count, int File, int Sku, IReadOnlyList<int> Facts, IReadOnlyList<string> Names)
    {
        public static Header? Read(string[] cells, Action<string> problem)
        {
            var twice = cells.Where(c => c.Length > 0).GroupBy(c => c, StringComparer.OrdinalIgnoreCase).FirstOrDefault(g => g.Count() > 1);
            if (twice is not null)
            {
                problem($"'{Cut(twice.Key)}' is the name of {twice.Count()} columns; rename all but one");
                return null;
            }

            var (file, sku) = (Find(cells, s_fileColumns), Find(cells, s_skuColumns));
            if (file < 0 && sku < 0)
            {
                problem(
                    $"no column is named {string.Join(", ", s_skuColumns.Concat(s_fileColumns))}; one of them must name each line's picture or product. "
                    + $"There are: {Cut(string.Join(", ", cells))}");
                return null;
            }

            var facts = Enumerable.Range(0, cells.Length).Where(i => i != file && i != sku && cells[i].Length > 0).ToList();
            if (facts.Count > MaxColumns || facts.Any(i => cells[i].Length > MaxKeyCharacters))
            {
                problem($"has {facts.Count} columns besides the keys; the most is {MaxColumns}, with names of at most {MaxKeyCharacters} characters");
                return null;
            }

            return new(cells.Length, file, sku, facts, [.. facts.Select(i => cells[i])]);
        }

        private static int Find(string[] cells, string[] names) =>
            names.Select(n => Array.FindIndex(cells, c => string.Equals(c, n, StringComparison.OrdinalIgnoreCase))).FirstOrDefault(i => i >= 0, -1);
    }
}
