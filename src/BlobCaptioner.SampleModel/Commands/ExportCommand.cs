using System.CommandLine;
using BlobCaptioner.SampleModel.Export;

namespace BlobCaptioner.SampleModel.Commands;

/// <summary>Writes the GGUF pair of a trained model.</summary>
internal static class ExportCommand
{
    public static Command Create()
    {
        Option<string> directory = new("--dir") { Description = "Folder with weights and tokens. The pair is written there.", DefaultValueFactory = _ => "out/sample-model" };
        var command = new Command("export", "Writes the GGUF pair of a trained model.") { directory };
        command.SetAction(parsed =>
        {
            var folder = parsed.GetRequiredValue(directory);
            ModelExport.Save(ModelFolder.Open(folder, resume: true), folder);
            foreach (var name in new[] { ModelExport.FileNames.Text, ModelExport.FileNames.Vision })
            {
                var path = Path.Combine(folder, name);
                Console.WriteLine($"{path}  {new FileInfo(path).Length:N0} bytes");
            }

            return 0;
        });
        return command;
    }
}
