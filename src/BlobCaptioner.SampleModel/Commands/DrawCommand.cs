using System.CommandLine;
using BlobCaptioner.SampleModel.Drawing;
using BlobCaptioner.SampleModel.Evaluation;
using BlobCaptioner.SampleModel.Training;

namespace BlobCaptioner.SampleModel.Commands;

/// <summary>Draws pictures into a folder, with a CSV beside it that says what they show.</summary>
internal static class DrawCommand
{
    public static Command Create()
    {
        Option<string> directory = new("--out") { Description = "Folder for the pictures. OUT.csv, beside it, says what they show.", Required = true };
        Option<bool> samples = new("--samples") { Description = "The dozen pictures that ship with the program, in place of random ones." };
        var pictures = new PictureArguments(1_000);
        var command = new Command("draw", "Draws pictures as they would be uploaded, and a table for 'captioner eval --truth'.") { directory, samples };
        pictures.AddTo(command);
        command.SetAction(parsed =>
        {
            var folder = Directory.CreateDirectory(parsed.GetRequiredValue(directory)).FullName;
            if (parsed.GetValue(samples))
            {
                SampleSet.Write(folder);
                return 0;
            }

            var (count, seed, unseen) = pictures.Read(parsed);
            var rows = new string[count];
            Parallel.For(0, count, i =>
            {
                var (drawing, file, name) = PicturePool.DrawFile(seed, i, unseen);
                File.WriteAllBytes(Path.Combine(folder, name), file);
                rows[i] = TruthTable.Row(name, drawing.Label);
            });
            // beside the folder, which holds what is to be uploaded and nothing else
            var table = Path.TrimEndingDirectorySeparator(folder) + ".csv";
            File.WriteAllLines(table, [TruthTable.Header, .. rows]);
            Console.WriteLine($"{count} pictures in {folder}, what they show in {table}");
            return 0;
        });
        return command;
    }
}
