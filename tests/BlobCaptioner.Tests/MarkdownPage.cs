using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using BlobCaptioner.Tests.Infra;

namespace BlobCaptioner.Tests;

/// <summary>A page of the repository (README*.md), taken apart as far as tests look at it.</summary>
internal sealed partial class MarkdownPage
{
    private static readonly string[] NotOurs = [".git", "node_modules", "bin", "obj", "TestResults", "BenchmarkDotNet.Artifacts"];

    private readonly string _prose;

    /// <summary>Takes a page apart.</summary>
    /// <param name="path">Relative to the repository, with slashes.</param>
    /// <param name="text">The whole page.</param>
    public MarkdownPage(string path, string text)
    {
        Path = path;
        Text = text;
        CodeBlocks = [.. CodeBlock().Matches(text).Select(m => (m.Groups["language"].Value, m.Groups["code"].Value))];
        _prose = CodeBlock().Replace(text, "\n");
    }

    /// <summary>All pages of the repository.</summary>
    public static IReadOnlyList<MarkdownPage> All { get; } = [.. Files("").Order(StringComparer.Ordinal).Select(Read)];

    /// <summary>Relative to the repository, with slashes: <c>src/README.md</c>.</summary>
    public string Path { get; }

    /// <summary>The whole page.</summary>
    public string Text { get; }

    /// <summary>Its size, as a file.</summary>
    public int Bytes => Encoding.UTF8.GetByteCount(Text);

    /// <summary>True for the README and its translations.</summary>
    public bool IsDoor => !Path.Contains('/', StringComparison.Ordinal);

    /// <summary>Fenced blocks with their language, which may be empty.</summary>
    public IReadOnlyList<(string Language, string Code)> CodeBlocks { get; }

    /// <summary>What stands in backticks in the prose.</summary>
    public IEnumerable<string> CodeSpans => CodeSpan().Matches(_prose).Select(m => m.Groups["code"].Value);

    /// <summary>Targets of links and pictures that are not on the web, as written.</summary>
    public IEnumerable<string> Links => Link().Matches(_prose).Select(m => m.Groups["target"].Value).Where(t => !t.Contains("://", StringComparison.Ordinal));

    /// <summary>What <c>#</c> links to this page may name, as GitHub makes it of the headings.</summary>
    public IEnumerable<string> Anchors => Heading().Matches(_prose)
        .Select(m => Slug(m.Groups["title"].Value))
        .GroupBy(slug => slug, StringComparer.Ordinal)
        .SelectMany(same => same.Select((slug, i) => i == 0 ? slug : string.Create(CultureInfo.InvariantCulture, $"{slug}-{i}")));

    /// <summary>Reads a page of the repository.</summary>
    public static MarkdownPage Read(string path) => new(path, File.ReadAllText(System.IO.Path.Combine(InfraFiles.Root, path)));

    /// <summary>Where a link of this page leads: a path relative to the repository, and what follows <c>#</c>.</summary>
    public (string Target, string Anchor) Resolve(string link)
    {
        var parts = link.Split('#', 2);
        var folder = System.IO.Path.GetDirectoryName(System.IO.Path.Combine(InfraFiles.Root, Path))!;
        var target = parts[0].Length == 0 ? Path : System.IO.Path.GetRelativePath(InfraFiles.Root, System.IO.Path.Combine(folder, Uri.UnescapeDataString(parts[0])));
        return (target, parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : "");
    }

    private static IEnumerable<string> Files(string folder)
    {
        var here = new DirectoryInfo(System.IO.Path.Combine(InfraFiles.Root, folder));
        return here.EnumerateFiles("README*.md").Select(f => folder + f.Name)
            .Concat(here.EnumerateDirectories().Where(d => d.LinkTarget is null && !NotOurs.Contains(d.Name, StringComparer.Ordinal)).SelectMany(d => Files($"{folder}{d.Name}/")));
    }

    private static string Slug(string title) => NotInSlugs().Replace(LinkedText().Replace(title, "${text}").Trim().ToLowerInvariant(), "").Replace(' ', '-');

    [GeneratedRegex("^```(?<language>[a-z]*)\n(?<code>.*?)^```", RegexOptions.ExplicitCapture | RegexOptions.Multiline | RegexOptions.Singleline, 1000)]
    private static partial Regex CodeBlock();

    [GeneratedRegex("`(?<code>[^`\n]+)`", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex CodeSpan();

    [GeneratedRegex("""\]\((?<target>[^)\s]+)\)|\ssrc="(?<target>[^"]+)["]""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Link();

    [GeneratedRegex("^#{1,6} (?<title>.+)$", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex Heading();

    [GeneratedRegex(@"\[(?<text>[^\]]*)\]\([^)]*\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex LinkedText();

    [GeneratedRegex(@"[^\p{L}\p{M}\p{N}\p{Pc} -]", RegexOptions.None, 1000)]
    private static partial Regex NotInSlugs();
}
