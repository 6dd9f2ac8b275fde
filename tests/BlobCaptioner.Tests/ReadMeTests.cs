using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using BlobCaptioner.Engine.Natives;
using BlobCaptioner.Tests.Cli;
using BlobCaptioner.Tests.Infra;
using BlobCaptioner.Tests.LocalStack;
using Xunit;

namespace BlobCaptioner.Tests;

/// <summary>What the pages show is tried: the first command, the record, the versions.</summary>
public sealed partial class ReadMeTests(AzuriteFixture files)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task MainCommand_AsWritten_DescribesTheSamplesAndStopsCleanlyOnCtrlC()
    {
        var command = CodeBlocks("README.md", "").First(block => block.Contains("-- up", StringComparison.Ordinal)).Trim();
        Assert.DoesNotContain('\n', command);
        var data = files.CreateFolder();
        var described = 0;
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var output = new List<string>();
        using var shell = new Process
        {
            StartInfo = new("env", ["--default-signal=INT", "bash", "-c", command])
            {
                WorkingDirectory = InfraFiles.Root,
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["CAPTIONER_DATA"] = data, ["CAPTIONER_CONNECTION"] = "" },
            },
        };
        void Keep(string? line)
        {
            lock (output)
            {
                output.Add(line ?? "");
                if (line?.StartsWith("described ", StringComparison.Ordinal) == true && ++described == 12)
                {
                    all.TrySetResult();
                }
            }
        }

        shell.OutputDataReceived += (_, line) => Keep(line.Data);
        shell.ErrorDataReceived += (_, line) => Keep(line.Data);
        shell.Start();
        shell.BeginOutputReadLine();
        shell.BeginErrorReadLine();
        try
        {
            await Task.WhenAny(all.Task, shell.WaitForExitAsync(Cancellation)).WaitAsync(Eventually.Deadline, Cancellation);
            Assert.True(all.Task.IsCompleted, string.Join('\n', output));
            using var state = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(data, "azurite.json"), Cancellation));
            var azurite = state.RootElement.GetProperty("processId").GetInt32();
            await InterruptAsync(ParentOf(azurite));
            await shell.WaitForExitAsync(Cancellation).WaitAsync(Eventually.Deadline, Cancellation);
            Assert.Equal(0, shell.ExitCode);
            await Eventually.GoneAsync(azurite);
        }
        finally
        {
            if (!shell.HasExited)
            {
                shell.Kill(entireProcessTree: true);
            }
        }
    }

    [Fact]
    public async Task Record_AsShown_HasTheFieldsThatARecordHas()
    {
        using var shown = JsonDocument.Parse(CodeBlocks("src/BlobCaptioner/Records/README.md", "json").First());
        var picture = Path.Combine(AppContext.BaseDirectory, "Samples", shown.RootElement.GetProperty("image").GetProperty("name").GetString()!);
        var result = await CaptionerProcess.RunAsync(files.CreateFolder(), "describe", picture);
        using var record = JsonDocument.Parse(result.Text);
        var written = record.RootElement;
        Assert.Equal(Paths(written), Paths(shown.RootElement));
        Assert.True(JsonElement.DeepEquals(written.GetProperty("copy"), shown.RootElement.GetProperty("copy")));
        Assert.All((string[])["model", "modelHash", "engine"], name => Assert.Equal(
            written.GetProperty("generation").GetProperty(name).GetString(),
            shown.RootElement.GetProperty("generation").GetProperty(name).GetString()));
    }

    [Fact]
    public void EnginePage_Versions_AreThoseThatAreChecked()
    {
        var page = MarkdownPage.Read("src/BlobCaptioner.Engine/README.md").Text;

        Assert.All(Version().Matches($"{NativeLibraries.Engine} {NativeAbi.Version}"), v => Assert.Contains(v.Value, page, StringComparison.Ordinal));
        Assert.Contains(NativeLibraries.FolderVariable, page, StringComparison.Ordinal);
    }

    private static IEnumerable<string> CodeBlocks(string page, string language) =>
        MarkdownPage.Read(page).CodeBlocks.Where(block => block.Language == language).Select(block => block.Code);

    private static int ParentOf(int processId)
    {
        // pid (name) state parent …; the name may hold anything but ends at the last bracket
        var stat = File.ReadAllText($"/proc/{processId}/stat");
        return int.Parse(stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    private static async Task InterruptAsync(int processId)
    {
        using var kill = Process.Start("kill", ["-INT", $"{processId}"]);
        await kill.WaitForExitAsync(Cancellation);
    }

    private static List<string> Paths(JsonElement element, string path = "") => element.ValueKind == JsonValueKind.Object
        ? [.. element.EnumerateObject().SelectMany(p => Paths(p.Value, $"{path}/{p.Name}")).Order(StringComparer.Ordinal)]
        : [path];

    [GeneratedRegex(@"b?\d[\d.]+\d", RegexOptions.None, 1000)]
    private static partial Regex Version();
}
